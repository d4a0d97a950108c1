/** Takes a network of the user's own into the manifest: recognises its role by its shapes, copies the file, writes the entry. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { WorkerError } from '../errors.ts';
import {
  MANIFEST_FILE,
  type ModelEntry,
  type ModelRole,
  modelEntrySchema,
  type Preprocessing,
  readManifest,
} from './model-manifest.ts';
import { describeNetwork, roleMismatch, rolesOf } from './model-roles.ts';
import { OnnxSession } from './onnx-session.ts';

/** What a file cannot tell about itself. */
export interface Registration {
  /** By default the file's name in small letters, without its ending, with - for _. */
  readonly name?: string | undefined;
  /** By default the one role whose shapes the network has. */
  readonly role?: ModelRole | undefined;
  readonly licence: string;
  readonly source: string;
  /** Of an embedder; pixels from 0 to 1. */
  readonly preprocessing?: Pick<Preprocessing, 'mean' | 'std'> | undefined;
  /** Of an embedder: largest cosine distance within one person. */
  readonly maxCosineDistance?: number | undefined;
}

/** Folder, below the manifest's, of networks that users brought. */
const LOCAL_FOLDER = 'local';

const FITS: Readonly<Partial<Record<ModelRole, string>>> = {
  'face-detector': 'letterbox to multiples of 32, grey 114',
  'face-embedder': 'aligned by five landmarks to the ArcFace 112 x 112 template',
};

/**
 * Copies a network below `directory` and adds it to the manifest there.
 * @throws WorkerError MODEL_INVALID when the file is no network with a role here, its name is taken, or something is said of it that
 *   its role has no use for
 */
export async function registerModel(
  file: string,
  registration: Registration,
  directory: string,
): Promise<ModelEntry> {
  const manifest = await readManifest(directory);
  const bytes = await readNetwork(file);
  const name = registration.name ?? basename(file, extname(file)).toLowerCase().replaceAll('_', '-');
  if (manifest.models.some((known) => known.name === name)) {
    throw new WorkerError('MODEL_INVALID', `there is a network named ${name} already; give another --name`);
  }
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
      `${file} is a ${role}, which would never use --mean, --std or --max-cosine-distance: leave them out; they belong to a face-embedder`,
    );

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
  const entry = parsed.data;
  const target = join(directory, entry.file);
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
    await writeManifest(directory, [...manifest.models, entry]);
  } catch (cause) {
    throw new WorkerError('MODEL_INVALID', `${target} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  return entry;
}

async function readNetwork(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new WorkerError('MODEL_INVALID', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function onlyRole(file: string, network: Parameters<typeof rolesOf>[0]): ModelRole {
  const [role, ...others] = rolesOf(network);
  if (role !== undefined && others.length === 0) return role;
  throw new WorkerError(
    'MODEL_INVALID',
    role === undefined
      ? `${file} has no role here: it has ${describeNetwork(network)}`
      : `${file} could be any of ${[role, ...others].join(', ')}; say which with --role`,
  );
}

/** Writes beside the manifest and renames, so that a worker that starts meanwhile reads the old one or the new one. */
async function writeManifest(directory: string, models: readonly ModelEntry[]): Promise<void> {
  const path = join(directory, MANIFEST_FILE);
  await writeFile(`${path}.new`, `${JSON.stringify({ models }, null, 2)}\n`);
  await rename(`${path}.new`, path);
}
