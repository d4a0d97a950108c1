/** Fetches an optional network of the manifest: resumes what was cut off, and keeps only bytes with the right digest. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WorkerError } from '../errors.ts';
import { statOrNull } from '../stat-or-null.ts';
import { withFileLock } from './file-lock.ts';
import { type ModelEntry, restoreHint } from './model-manifest.ts';

export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Null when neither the manifest nor the server tells. */
  readonly totalBytes: number | null;
}

export interface DownloadOptions {
  /** Folder of the manifest the entry comes from. */
  readonly directory: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Longest silence of the server, in milliseconds; 30,000 by default. */
  readonly idleTimeoutMs?: number;
  /** Called once when another process is fetching the same network, whose end is waited for. */
  readonly onWait?: () => void;
  /** How often a fetch shows others that it lives, in milliseconds; 1000 by default. */
  readonly heartbeatMs?: number;
}

/** Where the network lies, and whether it had to be fetched. */
export interface DownloadedModel {
  readonly path: string;
  readonly bytes: number;
  readonly wasPresent: boolean;
}

/** No network of this kind is larger; a server that sends more sends something else. */
const MAX_BYTES = 512 * 1024 ** 2;

/** The server sends something else than was asked for: what is there of the file cannot be trusted either. */
class WrongBytes extends Error {}

const DEFAULT_IDLE_TIMEOUT_MS = 30_000;

/**
 * Downloads a network to the place the manifest names. An interrupted download leaves `FILE.part`, which the next one goes on with;
 * while one is under way, others of the same network wait for its end.
 * @throws WorkerError MODEL_INVALID when the server, the connection, the digest or the place of the file is not as expected; the
 *   signal's reason when aborted
 */
export async function downloadModel(
  entry: ModelEntry,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<DownloadedModel> {
  const { name, download } = entry;
  if (download === undefined) {
    throw new WorkerError('MODEL_INVALID', `${name} is not fetched; ${restoreHint(entry)}`);
  }
  const path = join(options.directory, entry.file);
  try {
    const present = await findPresent(entry, path);
    if (present !== null) return present;
    await mkdir(dirname(path), { recursive: true });
    return await withFileLock(
      `${path}.lock`,
      options,
      // Whoever was waited for may have fetched it.
      async () =>
        (await findPresent(entry, path)) ?? (await fetchTo(path, download.url, entry, options, signal)),
      signal,
    );
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new WorkerError('MODEL_INVALID', `${name} cannot be kept as ${path}: ${cause.message}`, { cause });
  }
}

async function findPresent({ sha256 }: ModelEntry, path: string): Promise<DownloadedModel | null> {
  const bytes = await sizeOf(path);
  const isPresent = bytes !== null && (await digestOf(path)) === sha256;
  return isPresent ? { path, bytes, wasPresent: true } : null;
}

async function fetchTo(
  path: string,
  url: string,
  entry: ModelEntry,
  { onProgress = () => undefined, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS }: DownloadOptions,
  signal: AbortSignal,
): Promise<DownloadedModel> {
  const { sha256 } = entry;
  const part = `${path}.part`;
  await receive(entry, url, part, onProgress, idleTimeoutMs, signal);
  const found = await digestOf(part);
  if (found !== sha256) {
    await rm(part);
    throw new WorkerError(
      'MODEL_INVALID',
      `${url} gave a file with sha256 ${found}, but the manifest expects ${sha256}; nothing was kept. If the publisher replaced the file, check it and correct the manifest`,
    );
  }
  const bytes = (await sizeOf(part)) ?? 0;
  await rename(part, path);
  return { path, bytes, wasPresent: false };
}

/** Brings `part` to its full length, from wherever it stands. */
async function receive(
  entry: ModelEntry,
  url: string,
  part: string,
  onProgress: (progress: DownloadProgress) => void,
  idleTimeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const have = (await sizeOf(part)) ?? 0;
  const silence = new AbortController();
  const watchdog = setTimeout(() => {
    silence.abort(new Error(`the server was silent for ${idleTimeoutMs} ms`));
  }, idleTimeoutMs);
  try {
    const response = await request(url, have, AbortSignal.any([signal, silence.signal]));
    const isContinued = response.status === 206 && have > 0;
    if (response.status === 206 && !startsAt(response, have)) {
      await response.body?.cancel();
      throw new WrongBytes(
        `the server sent ${response.headers.get('content-range')} instead of bytes from ${have} on`,
      );
    }
    const start = isContinued ? have : 0;
    const announced = Number(response.headers.get('content-length') ?? Number.NaN);
    const totalBytes = entry.bytes ?? (Number.isFinite(announced) ? start + announced : null);
    const file = await open(part, isContinued ? 'a' : 'w');
    try {
      const end = await append(file, response, start, entry.bytes ?? MAX_BYTES, (receivedBytes) => {
        watchdog.refresh();
        onProgress({ receivedBytes, totalBytes });
      });
      // An answer of announced length is whole when it ends; one in chunks may just have been given up.
      if (!Number.isFinite(announced) && entry.bytes !== undefined && end < entry.bytes)
        throw new Error(`the answer ended after ${end} of ${entry.bytes} bytes`);
    } finally {
      await file.close();
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (isFileError(cause)) throw cause;
    const reason = silence.signal.aborted ? silence.signal.reason : cause;
    if (cause instanceof WrongBytes) await rm(part, { force: true });
    const next = cause instanceof WrongBytes ? 'start over' : 'go on where it stopped';
    throw new WorkerError(
      'MODEL_INVALID',
      `${entry.name} could not be fetched from ${url}: ${describe(reason)}; run the command again to ${next}`,
      { cause },
    );
  } finally {
    clearTimeout(watchdog);
  }
}

async function request(url: string, have: number, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal, headers: have > 0 ? { range: `bytes=${have}-` } : {} });
  if (response.ok) return response;
  await response.body?.cancel();
  // The part is as long as the file or longer: start over rather than guess.
  if (response.status === 416 && have > 0) return request(url, 0, signal);
  throw new Error(`the server answered ${response.status} ${response.statusText}`);
}

/** @returns the length of the file now, bytes */
async function append(
  file: FileHandle,
  response: Response,
  start: number,
  limit: number,
  onReceived: (bytes: number) => void,
): Promise<number> {
  let received = start;
  for await (const chunk of response.body ?? []) {
    received += chunk.length;
    if (received > limit) throw new WrongBytes(`the file is larger than the ${limit} bytes it may have`);
    // Not `write`, which may stop at a full disk half-way and say so by a number alone.
    await file.appendFile(chunk);
    onReceived(received);
  }
  return received;
}

function startsAt(response: Response, have: number): boolean {
  return response.headers.get('content-range')?.startsWith(`bytes ${have}-`) ?? false;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | null> {
  return (await statOrNull(path))?.size ?? null;
}

/** Whether the file system said so; what undici says of the network carries the system's reason as its cause. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return (error as NodeJS.ErrnoException).syscall !== undefined;
}

/** undici says only "fetch failed"; the reason is the cause's. */
function describe(error: unknown): string {
  const { message, cause } = error as Partial<Error>;
  const reason = (cause as Partial<Error> | undefined)?.message;
  return reason === undefined ? (message ?? String(error)) : `${message} (${reason})`;
}
