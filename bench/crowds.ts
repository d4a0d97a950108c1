/** Crowds of people who do not exist, for the bench of the tracker: each hard for it in another way. */
import { type Detection, toDetection } from '../src/tracking/detection.ts';
import { looksLike, randomDirection } from '../tools/random-looks.ts';

/** Pixels. */
export const PICTURE = { width: 1920, height: 1080 };
const HEIGHT = 75;
const WIDTH = 30;

/** Two looks of one person are 0.26 apart in cosine then, as those of an embedder are, and those of two people 1. */
const LOOK_NOISE = 0.6;
const LOOK_LENGTH = 128;

/** What is seen at a time in seconds. */
export type Crowd = (seconds: number) => Detection[];

/** @param people how many are seen in a frame */
export type CrowdKind = (people: number, random: () => number) => Crowd;

/** Pixels and pixels per second. */
interface Person {
  readonly x: number;
  readonly y: number;
  readonly speedX: number;
  readonly speedY: number;
  readonly looks: readonly number[];
}

/** Everybody stays at a place of the picture's grid. */
const still: CrowdKind = (people, random) => crowdOf(people, random, 4);

/** Everybody is up to 0.8 heights from that place, each time in another direction. */
const jumping: CrowdKind = (people, random) => crowdOf(people, random, 1.6 * HEIGHT);

/** Everybody walks up to a height a second, and for half the time, five seconds on end, is out of sight. */
const lost: CrowdKind = (people, random) => {
  const phaseOf = new Map(somebodyEach(2 * people, random).map((person) => [person, 10 * random()]));
  return (seconds) =>
    [...phaseOf].flatMap(([person, phase]) =>
      (seconds + phase) % 10 < 5 ? [seen(person, seconds, 4, random)] : [],
    );
};

/** Each frame has other people. */
const replaced: CrowdKind = (people, random) => () =>
  somebodyEach(people, random).map((person) => seen(person, 0, 4, random));

/** So many looks of everybody, and then of these few alone, whatever the crowd. */
const LOOKS_BEFORE = 100;
const FEW = 50;

/** Most have gone, and their tracks wait for them. */
const gone: CrowdKind = (people, random) => {
  const crowd = crowdOf(people, random, 4);
  let looks = 0;
  return (seconds) => {
    const everybody = crowd(seconds);
    looks += 1;
    return looks <= LOOKS_BEFORE ? everybody : everybody.filter((_, i) => i % Math.ceil(people / FEW) === 0);
  };
};

export const CROWDS = { still, jumping, lost, replaced, gone } satisfies Record<string, CrowdKind>;

function crowdOf(people: number, random: () => number, jitter: number): Crowd {
  const columns = Math.ceil(Math.sqrt(people * 2));
  const crowd = somebodyEach(people, random).map(({ looks }, i) => ({
    x: ((i % columns) / columns) * PICTURE.width,
    y: (Math.floor(i / columns) / Math.ceil(people / columns)) * PICTURE.height,
    speedX: 0,
    speedY: 0,
    looks,
  }));
  return () => crowd.map((person) => seen(person, 0, jitter, random));
}

function somebodyEach(people: number, random: () => number): Person[] {
  return Array.from({ length: people }, () => ({
    x: PICTURE.width * random(),
    y: PICTURE.height * random(),
    speedX: 2 * HEIGHT * (random() - 0.5),
    speedY: 2 * HEIGHT * (random() - 0.5),
    looks: randomDirection(LOOK_LENGTH, random),
  }));
}

/** @param jitter of the place, in pixels from end to end */
function seen(person: Person, seconds: number, jitter: number, random: () => number): Detection {
  const box = {
    x: reflected(person.x + person.speedX * seconds, PICTURE.width) + jitter * (random() - 0.5),
    y: reflected(person.y + person.speedY * seconds, PICTURE.height) + jitter * (random() - 0.5),
    width: WIDTH,
    height: HEIGHT,
  };
  return toDetection(box, 0.9, looksLike(person.looks, LOOK_NOISE, random));
}

/** Between 0 and the end, where whoever comes to either turns round. */
function reflected(place: number, end: number): number {
  const way = Math.abs(place) % (2 * end);
  return way < end ? way : 2 * end - way;
}
