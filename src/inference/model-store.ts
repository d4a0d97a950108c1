/** Opens networks by name or path: finds the file, holds it against the manifest and its role's contract, and loads it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkerError } from '../errors.ts';
import {
  type ModelEntry,
  type ModelManifest,
  type ModelRole,
  type ModelThresholds,
  type Preprocessing,
  readManifest,
  restoreHint,
  type TensorInfo,
} from './model-manifest.ts';
import { describeNetwork, roleMismatch } from './model-roles.ts';
import { OnnxSession } from './onnx-session.ts';

/** The project's own models folder. */
export const MODELS_DIRECTORY = fileURLToPath(new URL('../../models', import.meta.url));

/** What is known of a loaded network: for /health/models and for a result's provenance. */
export interface ModelDescription {
  readonly name: string;
  readonly role: ModelRole;
  readonly path: string;
  readonly sha256: string;
  readonly licence: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly loadMs: number;
  /** Threads one inference uses. */
  readonly threads: number;
  /** What its user should know; absent when there is nothing to say. */
  readonly warning?: string;
}

/** A network that was verified and is ready to run. */
export interface LoadedModel {
  readonly session: OnnxSession;
  /** Null for a network the manifest does not know. */
  readonly preprocessing: Preprocessing | null;
  readonly thresholds: ModelThresholds;
  readonly description: ModelDescription;
  /** Frees the network. */
  close(): Promise<void>;
}

export interface OpenModelOptions {
  readonly role: ModelRole;
  /** Folder of the manifest; the project's own by default. */
  readonly directory?: string;
}

/** A model file that was found and read, but not loaded. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Null for a file the manifest does not know. */
  readonly entry: ModelEntry | null;
}

/**
 * Opens a network and verifies digest, role and shapes.
 * @param nameOrPath a name of the manifest, or the path of an .onnx file (then its digest need not be known)
 * @throws WorkerError MODEL_INVALID that says in one line what was expected, what was found, and what to do
 */
export async function openModel(nameOrPath: string, options: OpenModelOptions): Promise<LoadedModel> {
  const { role, directory = MODELS_DIRECTORY } = options;
  const startMs = performance.now();
  return loadModel(await readModel(nameOrPath, directory, role), role, startMs);
}

/**
 * Loads a network that was read, and verifies role and shapes.
 * @param startMs when its opening began, in the time of `performance.now`
 * @throws WorkerError MODEL_INVALID as `openModel`
 */
export async function loadModel(
  { path, bytes, sha256, entry }: ModelFile,
  role: ModelRole,
  startMs = performance.now(),
): Promise<LoadedModel> {
  const name = entry?.name ?? basename(path, '.onnx');
  if (entry !== null && entry.role !== role) {
    throw new WorkerError('MODEL_INVALID', `${path} is a ${entry.role}, not a ${role}`);
  }
  const session = await OnnxSession.create(path, bytes);
  const problem = roleMismatch(role, session) ?? (entry && entryMismatch(entry, session));
  if (problem !== null) {
    await session.close();
    throw new WorkerError('MODEL_INVALID', `${path} cannot be used as ${role}: ${problem}`);
  }
  return {
    session,
    preprocessing: entry?.preprocessing ?? null,
    thresholds: entry?.thresholds ?? {},
    description: {
      name,
      role,
      path,
      sha256,
      licence: entry?.licence ?? 'unknown: not in the model manifest',
      inputs: session.inputs,
      outputs: session.outputs,
      loadMs: Math.round(performance.now() - startMs),
      threads: 1,
    },
    close: () => session.close(),
  };
}

/**
 * Finds and reads a model file; a file of the manifest must have the manifest's digest.
 * @param role what it is wanted for, if that is known: for the advice about a file in another format
 * @throws WorkerError MODEL_INVALID when it is missing, changed, or in a format that must be exported first
 */
export async function readModel(
  nameOrPath: string,
  directory = MODELS_DIRECTORY,
  role: ModelRole | null = null,
): Promise<ModelFile> {
  const manifest = await readManifest(directory);
  const named = findEntry(nameOrPath, manifest, resolve(directory));
  if (named === null) refuseOtherFormats(nameOrPath, role);
  const path = named === null ? nameOrPath : join(directory, named.file);
  const bytes = await readBytes(path, named);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (named !== null && named.sha256 !== sha256) {
    throw new WorkerError(
      'MODEL_INVALID',
      `${path} is not the file the manifest names: expected sha256 ${named.sha256}${named.bytes === undefined ? '' : ` (${named.bytes} bytes)`}, found ${sha256} (${bytes.length} bytes); ${restoreHint(named)}`,
    );
  }
  const entry = named ?? manifest.models.find((known) => known.sha256 === sha256) ?? null;
  return { path, bytes, sha256, entry };
}

/** The entry of a name, or of a path to a file of the manifest; null for other paths. */
function findEntry(nameOrPath: string, manifest: ModelManifest, directory: string): ModelEntry | null {
  const isMeant = ({ name, file }: ModelEntry) =>
    name === nameOrPath || join(directory, file) === resolve(nameOrPath);
  const entry = manifest.models.find(isMeant);
  if (entry !== undefined) return entry;
  if (nameOrPath.includes(sep) || extname(nameOrPath) !== '') return null;
  const names = manifest.models.map(({ name }) => name).join(', ');
  throw new WorkerError(
    'MODEL_INVALID',
    `there is no network named "${nameOrPath}"; give the path of an .onnx file or one of: ${names}`,
  );
}

function refuseOtherFormats(path: string, role: ModelRole | null): void {
  const extension = extname(path).toLowerCase();
  if (extension === '.onnx') return;
  const advice =
    extension === '.pt' && role === 'face-detector'
      ? `a PyTorch checkpoint; export it first: yolo export model=${basename(path)} format=onnx dynamic=True`
      : 'not named .onnx; export the network to ONNX first';
  throw new WorkerError('MODEL_INVALID', `${path} is ${advice}`);
}

async function readBytes(path: string, entry: ModelEntry | null): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const hint = entry === null ? 'check the path' : restoreHint(entry);
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new WorkerError('MODEL_INVALID', `${path} ${reason}; ${hint}`, { cause });
  }
}

function entryMismatch(entry: ModelEntry, session: OnnxSession): string | null {
  if (entry.inputs.length === 0) return null;
  const expected = describeNetwork(entry);
  const found = describeNetwork(session);
  return expected === found ? null : `the manifest says ${expected}; found ${found}`;
}
