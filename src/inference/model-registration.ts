/** Takes a network of the user's own into the local manifest: recognises its role by its shapes, copies the file, writes the entry. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { WorkerError } from '../errors.ts';
import { withFileLock } from './file-lock.ts';
import {
  LOCAL_FOLDER,
  localManifestPath,
  type ModelEntry,
  type ModelRole,
  modelEntrySchema,
  type Preprocessing,
  readLocalManifest,
  readManifest,
} from './model-manifest.ts';
import { describeNetwork, type NetworkShape, roleMismatch, rolesOf } from './model-roles.ts';
import { type LoadedModel, loadModel, readModel } from './model-store.ts';
import { OnnxSession } from './onnx-session.ts';
import { replaceFile } from './replace-file.ts';

/** What a file cannot tell about itself. */
export interface Registration {
  /** By default the file's name in small letters, without its ending, with - for _. */
  readonly name?: string | undefined;
  /** By default the one role whose shapes the network has. */
  readonly role?: ModelRole | undefined;
  readonly licence: string;
  readonly source: string;
  /** Of an embedder; by default pixels from 0 to 1, RGB. */
  readonly preprocessing?: Pick<Preprocessing, 'mean' | 'std' | 'channels'> | undefined;
  /** Of an embedder: largest cosine distance within one person. */
  readonly maxCosineDistance?: number | undefined;
  /** Refuses a network that its role cannot use although the shapes are right; closes it. By default the shapes are enough. */
  readonly tryOut?: ((model: LoadedModel) => Promise<void>) | undefined;
}

const FITS: Readonly<Partial<Record<ModelRole, string>>> = {
  'face-detector': 'letterbox to multiples of 32, grey 114',
  'face-embedder': 'aligned by five landmarks to the ArcFace template',
};

/**
 * Copies a network into the local folder below `directory` and adds it to the manifest there. One of the same name gives way if its file
 * is lost or changed.
 * @throws WorkerError MODEL_INVALID when the file is no network with a role here, its name is taken, something is said of it that its
 *   role has no use for, or it cannot be written; what `tryOut` throws
 */
export async function registerModel(
  file: string,
  registration: Registration,
  directory: string,
): Promise<ModelEntry> {
  const bytes = await readNetwork(file);
  const name = registration.name ?? basename(file, extname(file)).toLowerCase().replaceAll('_', '-');
  const session = await OnnxSession.create(file, bytes);
  const { inputs, outputs } = session;
  await session.close();
  const role = registration.role ?? onlyRole(file, { inputs, outputs });
  const problem = roleMismatch(role, { inputs, outputs });
  if (problem !== null)
    throw new WorkerError('MODEL_INVALID', `${file} cannot be used as ${role}: ${problem}`);
  if (
    role !== 'face-embedder' &&
    (registration.preprocessing !== undefined || registration.maxCosineDistance !== undefined)
  )
    throw new WorkerError(
      'MODEL_INVALID',
      `${file} is a ${role}, which would never use --mean, --std, --channels or --max-cosine-distance: leave them out; they belong to a face-embedder`,
    );

  const entry = entryOf({ file, name, role, bytes, inputs, outputs }, registration);
  await registration.tryOut?.(await loadModel({ path: file, bytes, sha256: entry.sha256, entry }, role));
  await inTurn(directory, () => keep(entry, bytes, directory));
  return entry;
}

interface Network extends NetworkShape {
  readonly file: string;
  readonly name: string;
  readonly role: ModelRole;
  readonly bytes: Uint8Array;
}

/** @throws WorkerError MODEL_INVALID for a name or a word that no manifest may hold */
function entryOf(
  { file, name, role, bytes, inputs, outputs }: Network,
  registration: Registration,
): ModelEntry {
  const parsed = modelEntrySchema.safeParse({
    name,
    role,
    file: `${LOCAL_FOLDER}/${name}.onnx`,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    licence: registration.licence,
    source: registration.source,
    inputs,
    outputs,
    preprocessing: {
      ...(registration.preprocessing ?? { mean: [0, 0, 0], std: [1, 1, 1] }),
      fit: FITS[role] ?? 'as its role does',
    },
    thresholds:
      registration.maxCosineDistance === undefined
        ? {}
        : { maxCosineDistance: registration.maxCosineDistance },
  });
  if (!parsed.success) {
    const problems = parsed.error.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('; ');
    throw new WorkerError('MODEL_INVALID', `${file} cannot be added: ${problems}`, { cause: parsed.error });
  }
  return parsed.data;
}

/** Lets one registration at a time read the local manifest and write it anew. */
async function inTurn(directory: string, work: () => Promise<void>): Promise<void> {
  const path = localManifestPath(directory);
  const never = new AbortController().signal;
  try {
    await mkdir(dirname(path), { recursive: true });
    await withFileLock(`${path}.lock`, {}, work, never);
  } catch (cause) {
    if (cause instanceof WorkerError) throw cause;
    throw new WorkerError('MODEL_INVALID', `${path} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Takes the entry into the local manifest, and its file beside it first. */
async function keep(entry: ModelEntry, bytes: Uint8Array, directory: string): Promise<void> {
  const local = await readLocalManifest(directory);
  const others = local.models.filter(({ name }) => name !== entry.name);
  const { models } = await readManifest(directory);
  const isTaken = models.some(({ name }) => name === entry.name);
  const isLost = others.length < local.models.length && !(await isUsable(entry.name, directory));
  if (isTaken && !isLost) {
    throw new WorkerError(
      'MODEL_INVALID',
      `there is a network named ${entry.name} already; give another --name`,
    );
  }
  await replaceFile(join(directory, entry.file), bytes);
  const manifest = { models: [...others, entry] };
  await replaceFile(localManifestPath(directory), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function isUsable(name: string, directory: string): Promise<boolean> {
  return readModel(name, directory).then(
    () => true,
    () => false,
  );
}

async function readNetwork(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new WorkerError('MODEL_INVALID', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function onlyRole(file: string, network: NetworkShape): ModelRole {
  const [role, ...others] = rolesOf(network);
  if (role !== undefined && others.length === 0) return role;
  throw new WorkerError(
    'MODEL_INVALID',
    role === undefined
      ? `${file} has no role here: it has ${describeNetwork(network)}`
      : `${file} could be any of ${[role, ...others].join(', ')}; say which with --role`,
  );
}
