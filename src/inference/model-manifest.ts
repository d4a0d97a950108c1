/**
 * The shape of models/manifest.json and of models/local/manifest.json, where networks that users brought stand: every network the worker
 * knows, with what is needed to trust it, feed it and read it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WorkerError } from '../errors.ts';

/** What a network is for; each but the bundle has a tensor contract in model-roles.ts. */
export const MODEL_ROLES = [
  'face-detector',
  'face-embedder',
  'pose-detector',
  'pose-landmarks',
  'pose-bundle',
] as const;

export type ModelRole = (typeof MODEL_ROLES)[number];

const tensorSchema = z
  .strictObject({
    name: z.string().min(1),
    type: z.string().min(1).describe('Element type in ONNX Runtime’s words, as float32.'),
    shape: z
      .array(z.union([z.int().positive(), z.string()]))
      .describe('One entry a dimension: a fixed size, or the name of a dynamic one.'),
  })
  .readonly();

/** A network's input or output: name, element type and dimensions (numbers are fixed, names are dynamic). */
export type TensorInfo = z.infer<typeof tensorSchema>;

const perChannel = z.tuple([z.number(), z.number(), z.number()]).readonly();

const preprocessingSchema = z
  .strictObject({
    mean: perChannel,
    std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).readonly(),
    channels: z
      .enum(['rgb', 'bgr'])
      .optional()
      .describe(
        'Order in which an embedder takes the colours; rgb by default. Mean and std are in the order rgb in any case.',
      ),
    fit: z.string().min(1).describe('How the picture is brought to the input’s size, in words.'),
  })
  .readonly()
  .describe('Each value is (pixel / 255 - mean) / std, with mean and std for red, green and blue.');

export type Preprocessing = z.infer<typeof preprocessingSchema>;

const thresholdsSchema = z
  .strictObject({
    maxCosineDistance: z
      .number()
      .min(0)
      .max(2)
      .optional()
      .describe('Embeddings of one person are nearer than this (1 - cosine).'),
    maxOverlap: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Boxes of a face detector that overlap more than this (IoU) are one face.'),
    minScore: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Bodies of a pose detector that score less than this are not looked at.'),
  })
  .readonly();

export type ModelThresholds = z.infer<typeof thresholdsSchema>;

const downloadSchema = z
  .strictObject({
    url: z.url(),
    licenceMustBeAccepted: z
      .boolean()
      .describe('True where the licence reaches beyond the file, as AGPL-3.0 does.'),
  })
  .readonly();

export const modelEntrySchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be of small letters, digits, dots and dashes'),
    role: z.enum(MODEL_ROLES),
    file: z
      .string()
      .regex(
        /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]*$/,
        'must be a path below the models folder, with forward slashes',
      ),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
    bytes: z.int().positive().optional().describe('Unknown only for a download nobody has measured.'),
    licence: z.string().min(1).describe('SPDX identifier, or what the card says.'),
    source: z.string().min(1).describe('Where the network comes from: address, package or training code.'),
    card: z.string().min(1).optional().describe('Document about data, metrics and limits.'),
    download: downloadSchema
      .optional()
      .describe('Present for an optional network that is not part of the repository.'),
    build: z
      .string()
      .min(1)
      .optional()
      .describe('Command that makes an optional network that is not part of the repository.'),
    inputs: z
      .array(tensorSchema)
      .readonly()
      .describe('Empty for a bundle, whose networks its own program reads.'),
    outputs: z.array(tensorSchema).readonly(),
    preprocessing: preprocessingSchema.optional(),
    thresholds: thresholdsSchema.default({}),
  })
  .readonly();

/** One network of the manifest. */
export type ModelEntry = z.infer<typeof modelEntrySchema>;

const modelManifestSchema = z
  .strictObject({ models: z.array(modelEntrySchema).readonly() })
  .refine(
    ({ models }) => new Set(models.map(({ name }) => name)).size === models.length,
    'two networks have the same name',
  );

export type ModelManifest = z.infer<typeof modelManifestSchema>;

/** Name of the manifest inside its folder. */
const MANIFEST_FILE = 'manifest.json';

/** Folder, below the manifest's, of the networks that users brought and of their own manifest: no part of the repository. */
export const LOCAL_FOLDER = 'local';

/** Whether a network lies among those that users brought. */
export function isLocal({ file }: ModelEntry): boolean {
  return file.startsWith(`${LOCAL_FOLDER}/`);
}

/** What to do about a file that is missing or changed. */
export function restoreHint(entry: ModelEntry): string {
  const { name, download, build } = entry;
  const ways = [
    ...(build === undefined ? [] : [`build it with: ${build}`]),
    ...(download === undefined ? [] : [`fetch it with: npm run models -- fetch ${name}`]),
  ];
  if (ways.length > 0) return ways.join(', or ');
  return isLocal(entry)
    ? `add it again with: npm run models -- add FILE.onnx --name ${name}`
    : 'restore it from the repository';
}

/**
 * Reads and validates `manifest.json` of a models folder, and that of its local networks where there is one.
 * @throws WorkerError MODEL_INVALID that names the file and every wrong field, or the network that both have
 */
export async function readManifest(directory: string): Promise<ModelManifest> {
  const path = join(directory, MANIFEST_FILE);
  const { models } = await readOne(path);
  const local = await readLocalManifest(directory);
  const twice = local.models.find(({ name }) => models.some((known) => known.name === name));
  if (twice !== undefined) {
    throw new WorkerError(
      'MODEL_INVALID',
      `${localManifestPath(directory)} has a network named ${twice.name}, as ${path} has: rename the local one`,
    );
  }
  return { models: [...models, ...local.models] };
}

/**
 * The networks that users brought; none where their manifest is missing.
 * @throws WorkerError MODEL_INVALID that names the file and every wrong field
 */
export async function readLocalManifest(directory: string): Promise<ModelManifest> {
  return readOne(localManifestPath(directory), { models: [] });
}

/** Where the manifest of the networks that users brought lies. */
export function localManifestPath(directory: string): string {
  return join(directory, LOCAL_FOLDER, MANIFEST_FILE);
}

/** @param missing what a manifest that is not there says; by default it must be there */
async function readOne(path: string, missing?: ModelManifest): Promise<ModelManifest> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    if (missing !== undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return missing;
    throw new WorkerError('MODEL_INVALID', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const parsed = modelManifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: field, message }) => `${field.join('.')}: ${message}`);
  throw new WorkerError('MODEL_INVALID', `${path} is not a valid model manifest: ${problems.join('; ')}`, {
    cause: parsed.error,
  });
}
