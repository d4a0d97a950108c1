/** The demo's film as data: two people with known positions, three shots, one who leaves and returns. The truth results are held against. */
import type { Tlwh } from '../src/geometry/box.ts';
import { ADA, type Appearance, BEN, faceBox } from './draw-person.ts';

/** One person's walk through part of a shot, in a straight line at constant speed. */
export interface Appearing {
  readonly person: string;
  readonly headSize: number;
  /** Seconds of the film, [from, to). */
  readonly from: number;
  readonly to: number;
  /** Centre of the face at `from`, in pixels, and its speed in pixels per second. */
  readonly start: { readonly x: number; readonly y: number };
  readonly velocity: { readonly x: number; readonly y: number };
}

export interface Shot {
  readonly from: number;
  readonly to: number;
  /** Background: top and bottom colour of a vertical gradient. */
  readonly background: readonly [string, string];
  readonly appearing: readonly Appearing[];
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly durationSeconds: number;
  readonly people: Readonly<Record<string, Appearance>>;
  readonly shots: readonly Shot[];
}

/** A face that is drawn in the picture shown at some moment. */
export interface DrawnFace {
  readonly person: string;
  readonly box: Tlwh;
}

/** 24 s: both talk and Ben leaves; a close-up of Ada alone; Ben is back, at Ada's other side. */
export const DEMO_SCENE: Scene = {
  width: 1280,
  height: 720,
  frameRate: 25,
  durationSeconds: 24,
  people: { ada: ADA, ben: BEN },
  shots: [
    {
      from: 0,
      to: 9,
      background: ['#7f8fa6', '#3b4756'],
      appearing: [
        {
          person: 'ada',
          headSize: 100,
          from: 0,
          to: 9,
          start: { x: 380, y: 270 },
          velocity: { x: 10, y: 0 },
        },
        { person: 'ben', headSize: 90, from: 0, to: 5, start: { x: 900, y: 290 }, velocity: { x: 12, y: 2 } },
      ],
    },
    {
      from: 9,
      to: 15,
      background: ['#8a5a44', '#2e1f1a'],
      appearing: [
        {
          person: 'ada',
          headSize: 150,
          from: 9,
          to: 15,
          start: { x: 700, y: 300 },
          velocity: { x: -8, y: 3 },
        },
      ],
    },
    {
      from: 15,
      to: 24,
      background: ['#5c7f5a', '#1f2d20'],
      appearing: [
        {
          person: 'ben',
          headSize: 110,
          from: 15,
          to: 24,
          start: { x: 340, y: 290 },
          velocity: { x: 6, y: 0 },
        },
        {
          person: 'ada',
          headSize: 80,
          from: 17,
          to: 24,
          start: { x: 920, y: 280 },
          velocity: { x: -10, y: 2 },
        },
      ],
    },
  ],
};

/** Where each person's face is in the picture shown at `timeSeconds`. */
export function drawnFaces(scene: Scene, timeSeconds: number): DrawnFace[] {
  return scene.shots
    .flatMap((shot) => shot.appearing)
    .filter(({ from, to }) => timeSeconds >= from && timeSeconds < to)
    .map(({ person, headSize, from, start, velocity }) => ({
      person,
      box: faceBox(
        start.x + velocity.x * (timeSeconds - from),
        start.y + velocity.y * (timeSeconds - from),
        headSize,
      ),
    }));
}
