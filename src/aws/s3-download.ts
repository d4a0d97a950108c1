/** Copies an object, or what is needed of it, into a file: ranges in parallel, all of one version of the object. */
import { type FileHandle, open, statfs } from 'node:fs/promises';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { expectArrivals, loseTheRest, markArrived } from '../arrivals.ts';
import {
  type ByteRange,
  countBytes,
  gapsBetween,
  joinedRanges,
  overlaps,
  REQUEST_COST_BYTES,
} from '../byte-ranges.ts';
import { toWorkerError, WorkerError } from '../errors.ts';
import type {
  ArrivingParts,
  DownloadOptions,
  DownloadPlan,
  ObjectHead,
  ObjectLocation,
  VideoCopy,
} from '../worker/ports.ts';
import { awsFailure } from './aws-errors.ts';
import { bodyOf, type FetchOptions, PartFetcher } from './part-fetcher.ts';
import { videoError } from './video-error.ts';

export interface TransferOptions extends Partial<FetchOptions> {
  /** Parts of a whole object under way at the same time. */
  readonly parallelParts?: number;
  /** Planned ranges under way at the same time: most are small, and wait for S3 more than for the network. */
  readonly parallelRanges?: number;
  /** Bytes that stay free on the disk of the file. */
  readonly spareDiskBytes?: number;
}

export const DEFAULT_TRANSFER: Required<TransferOptions> = {
  partBytes: 16 * 1024 * 1024,
  parallelParts: 4,
  parallelRanges: 8,
  idleTimeoutMs: 20_000,
  maxFailures: 6,
  backOff: { baseMs: 500, maxMs: 8000 },
  spareDiskBytes: 64 * 1024 * 1024,
};

/** Planning takes some four requests, one after the other: in that time an object of this size has come. */
const LEAST_PLANNED_BYTES = 8 * 1024 * 1024;
/** With its requests counted in, a plan must save at least a fifth. */
const WORTHWHILE_SHARE = 0.8;

type Options = DownloadOptions & TransferOptions;

/**
 * Downloads into a new file with mode 0600; of a planned video the opening, while the rest of the plan comes afterwards. Size and disk space are checked before the video is written.
 * @throws WorkerError as ObjectStore.download does; the signal's reason when aborted
 */
export async function downloadObject(
  s3: S3Client,
  location: ObjectLocation,
  file: string,
  options: Options,
  signal: AbortSignal,
): Promise<VideoCopy> {
  return await translated(location, signal, async () => {
    const head = await inspect(s3, location, signal);
    refuseTooLarge(head, location, options.maxBytes);
    const fetcher = new PartFetcher(s3, location, head, { ...DEFAULT_TRANSFER, ...options });
    const handle = await open(file, 'wx+', 0o600);
    try {
      return await fillCopy({ file, handle, head, location, fetcher, options }, signal);
    } finally {
      await handle.close();
    }
  });
}

/** A copy in the making. */
interface Copy {
  readonly file: string;
  readonly handle: FileHandle;
  readonly head: ObjectHead;
  readonly location: ObjectLocation;
  readonly fetcher: PartFetcher;
  readonly options: Options;
}

async function fillCopy(copy: Copy, signal: AbortSignal): Promise<VideoCopy> {
  const { file, handle, head, location, fetcher, options } = copy;
  const { spareDiskBytes, parallelParts, parallelRanges } = { ...DEFAULT_TRANSFER, ...options };
  const { read, plan } = await planParts(copy, spareDiskBytes, signal);
  const parts = plan?.parts ?? null;
  const missing = gapsBetween(read, head.bytes).flatMap((gap) =>
    parts === null ? [gap] : overlaps(gap, parts),
  );
  await refuseWithoutSpace(file, countBytes(missing), spareDiskBytes);
  await handle.truncate(head.bytes);
  const opening = plan?.opening ?? null;
  const later =
    opening === null ? [] : gapsBetween(opening, head.bytes).flatMap((gap) => overlaps(gap, missing));
  const first = opening === null ? missing : missing.flatMap((range) => overlaps(range, opening));
  const isWhole = parts === null || countBytes(parts) === head.bytes;
  const lanes = isWhole ? parallelParts : parallelRanges;
  await fetcher.fetch(handle, first, lanes, signal);
  const filled = await writeFillers(handle, plan?.fillers ?? []);

  const complete = async (stop: AbortSignal) =>
    await translated(location, stop, async () => {
      const gaps = gapsBetween(parts ?? [{ start: 0, end: head.bytes }], head.bytes);
      await refuseWithoutSpace(file, countBytes(gaps), spareDiskBytes);
      await fetchInto(copy, gaps, parallelParts, stop);
      return copyOf({ parts: null, arriving: null, windows: null });
    });
  const copyOf = (state: Pick<VideoCopy, 'parts' | 'arriving' | 'windows'>): VideoCopy => ({
    ...head,
    ...state,
    get bytesFetched() {
      return fetcher.bytesFetched;
    },
    complete,
  });
  return copyOf({
    parts: parts === null ? null : joinedRanges([...parts, ...filled]),
    arriving: later.length === 0 ? null : fetchLater(copy, later, lanes, signal),
    windows: plan?.windows ?? null,
  });
}

/** Fetches on while the copy is in use, in the order of the file, which is that of the samples. */
function fetchLater(
  copy: Copy,
  ranges: readonly ByteRange[],
  lanes: number,
  signal: AbortSignal,
): ArrivingParts {
  const arrivals = expectArrivals(copy.fetcher.partsOf(ranges));
  const onPart = (part: ByteRange) => markArrived(arrivals, part);
  const done = translated(copy.location, signal, () =>
    fetchInto(copy, ranges, lanes, signal, onPart),
  ).finally(() => loseTheRest(arrivals));
  // Whoever waits is told; nobody has to.
  done.catch(() => undefined);
  return { arrivals, done };
}

/** Fetches into the copy after it was handed out, when the handle that made it is closed. */
async function fetchInto(
  { file, fetcher }: Copy,
  ranges: readonly ByteRange[],
  lanes: number,
  signal: AbortSignal,
  onPart?: (part: ByteRange) => void,
): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await fetcher.fetch(handle, ranges, lanes, signal, onPart);
  } finally {
    await handle.close();
  }
}

/** Returns where they were written. */
async function writeFillers(handle: FileHandle, fillers: DownloadPlan['fillers']): Promise<ByteRange[]> {
  for (const { start, bytes } of fillers) await handle.write(bytes, 0, bytes.length, start);
  return fillers.map(({ start, bytes }) => ({ start, end: start + bytes.length }));
}

/** No plan is the whole; what was read to plan is there already. */
async function planParts(
  { file, handle, head, fetcher, options }: Copy,
  spareDiskBytes: number,
  signal: AbortSignal,
): Promise<{ read: readonly ByteRange[]; plan: DownloadPlan | null }> {
  const { plan: makePlan, alwaysByPlan = false } = options;
  const { bytes } = head;
  if (makePlan === undefined || (bytes < LEAST_PLANNED_BYTES && !alwaysByPlan))
    return { read: [], plan: null };
  // An index finds room in what stays free anyway.
  await refuseWithoutSpace(file, 0, spareDiskBytes);
  let read: readonly ByteRange[] = [];
  const readBytes = async (range: ByteRange) => {
    const unread = gapsBetween(read, bytes).flatMap((gap) => overlaps(gap, [range]));
    await fetcher.fetch(handle, unread, 1, signal);
    read = joinedRanges([...read, range]);
    const { buffer } = await handle.read(
      new Uint8Array(range.end - range.start),
      0,
      range.end - range.start,
      range.start,
    );
    return buffer;
  };
  const plan = await makePlan(bytes, readBytes, signal);
  if (plan === null) return { read, plan: null };
  // An index may name bytes that no file has.
  const parts = overlaps({ start: 0, end: bytes }, plan.parts);
  const cost = countBytes(parts) + parts.length * REQUEST_COST_BYTES;
  const isWorthwhile = alwaysByPlan ? countBytes(parts) < bytes : cost <= WORTHWHILE_SHARE * bytes;
  if (isWorthwhile) return { read, plan: { ...plan, parts } };
  // Even when all is fetched, an analysis need not wait for all.
  const isOpenedEarly = plan.opening !== null;
  return { read, plan: isOpenedEarly ? { ...plan, parts: [{ start: 0, end: bytes }], fillers: [] } : null };
}

async function translated<T>(
  location: ObjectLocation,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? toWorkerError(signal.reason) : videoError(error, location);
  }
}

/** Asks for the first byte: unlike HEAD, a refused GET says why. */
async function inspect(
  s3: S3Client,
  { bucket, key }: ObjectLocation,
  signal: AbortSignal,
): Promise<ObjectHead> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: 'bytes=0-0' });
    const answer = await s3.send(command, { abortSignal: signal });
    bodyOf(answer).destroy();
    return { bytes: totalBytes(answer), etag: answer.ETag ?? '', metadata: answer.Metadata ?? {} };
  } catch (cause) {
    // There is no first byte.
    if (awsFailure(cause).status !== 416) throw cause;
    throw new WorkerError('VIDEO_EMPTY', `s3://${bucket}/${key} has no bytes: upload the video again`, {
      cause,
    });
  }
}

/** The object's size, from the answer to a ranged request. */
function totalBytes({ ContentRange = '' }: GetObjectCommandOutput): number {
  const total = Number(/\/(\d+)$/.exec(ContentRange)?.[1]);
  if (!Number.isSafeInteger(total)) throw new Error(`a range was asked for, "${ContentRange}" came`);
  return total;
}

function refuseTooLarge({ bytes }: ObjectHead, { bucket, key }: ObjectLocation, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new WorkerError(
    'VIDEO_TOO_LARGE',
    `s3://${bucket}/${key} has ${bytes} bytes, the limit is ${maxBytes}: send a smaller video or raise MAX_VIDEO_BYTES`,
  );
}

async function refuseWithoutSpace(file: string, bytes: number, spareBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(file);
  if (bytes + spareBytes <= bavail * bsize) return;
  throw new WorkerError(
    'DISK_FULL',
    `${bytes} bytes of the video are to be written, ${bavail * bsize} are free: give TEMP_DIR more space or run fewer jobs at once`,
  );
}
