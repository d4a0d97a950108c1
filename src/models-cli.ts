/** The command line of the model store: lists, verifies, fetches and adds networks. */
import './no-onnx-telemetry.ts';
import { parseArguments, runProgram, usage } from './command-line.ts';
import { decimal } from './decimal.ts';
import { toWorkerError, WorkerError } from './errors.ts';
import { type DownloadProgress, downloadModel } from './inference/model-download.ts';
import { MODEL_ROLES, type ModelEntry, type ModelRole, readManifest } from './inference/model-manifest.ts';
import { registerModel } from './inference/model-registration.ts';
import { describeNetwork } from './inference/model-roles.ts';
import { type LoadedModel, MODELS_DIRECTORY, openModel, readModel } from './inference/model-store.ts';
import { FaceDetector } from './vision/face-detector.ts';
import { FaceEmbedder } from './vision/face-embedder.ts';

/** A bundle is no network of one file: tools/models-build makes it. */
const ADDABLE_ROLES: readonly ModelRole[] = MODEL_ROLES.filter((role) => role !== 'pose-bundle');

const HELP = `Lists, verifies, fetches and adds the networks of the worker.

Usage: npm run -s models -- COMMAND [options]

  list                    every network of the manifest: name, role, size, licence, whether it is here
  verify                  checks digest and shapes of every network that is here, and runs those for faces once
  fetch NAME              downloads an optional network; prints its licence first
    --accept-licence      needed for licences that reach beyond the file, such as AGPL-3.0
  add FILE.onnx           copies a network of your own into local/ and its manifest, which git ignores
    --licence TEXT        required: SPDX identifier or a sentence
    --source TEXT         required: where it comes from
    --name NAME           [the file's name]
    --role ROLE           ${ADDABLE_ROLES.join(', ')} [by its shapes]
    of an embedder, and of nothing else:
    --mean R,G,B --std R,G,B       of its training, for pixels from 0 to 1 [0,0,0 and 1,1,1]
    --channels rgb|bgr             order in which it takes the colours [rgb]
    --max-cosine-distance D        largest distance within one person, 0 to 2

  --models FOLDER         folder of manifest.json [the project's models]
  --help                  this text

A network is used by name or path: YOLO_MODEL_PATH=NAME. Exit code 0, or 2 with one line on stderr.`;

const OPTIONS = {
  allowPositionals: true,
  options: {
    'accept-licence': { type: 'boolean', default: false },
    licence: { type: 'string' },
    source: { type: 'string' },
    name: { type: 'string' },
    role: { type: 'string' },
    mean: { type: 'string' },
    std: { type: 'string' },
    channels: { type: 'string' },
    'max-cosine-distance': { type: 'string' },
    models: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
} as const;

type Values = ReturnType<typeof parseArguments<typeof OPTIONS>>['values'];

async function main(): Promise<void> {
  const { values, positionals } = parseArguments(OPTIONS);
  const [command, ...words] = positionals;
  if (values.help || command === undefined) {
    print(HELP);
    return;
  }
  const directory = values.models ?? MODELS_DIRECTORY;
  if (command === 'list' || command === 'verify') {
    if (words.length > 0) throw usage(`${command} takes no name: it is about all networks`);
    await (command === 'list' ? list(directory) : verify(directory));
  } else if (command === 'fetch') await fetchModel(only(words, 'fetch NAME'), values, directory);
  else if (command === 'add') await add(only(words, 'add FILE.onnx'), values, directory);
  else throw usage(`there is no command ${command}`);
}

async function list(directory: string): Promise<void> {
  const { models } = await readManifest(directory);
  const rows = await Promise.all(
    models.map(async (entry) => [
      entry.name,
      entry.role,
      size(entry.bytes),
      await state(entry, directory),
      entry.licence,
    ]),
  );
  printTable([['name', 'role', 'size', 'state', 'licence'], ...rows]);
}

/** Whether the network can be used, in a word or two. */
async function state(entry: ModelEntry, directory: string): Promise<string> {
  try {
    await readModel(entry.name, directory);
    return 'here';
  } catch (error) {
    const isMissing = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    if (!isMissing) return 'damaged';
    if (entry.build !== undefined) return 'to build';
    return entry.download === undefined ? 'missing' : 'to fetch';
  }
}

async function verify(directory: string): Promise<void> {
  const { models } = await readManifest(directory);
  const problems: string[] = [];
  for (const entry of models) {
    if (['to fetch', 'to build'].includes(await state(entry, directory))) continue;
    try {
      print(`${entry.name}: ${await verified(entry, directory)}`);
    } catch (error) {
      problems.push(`${entry.name}: ${toWorkerError(error).message}`);
    }
  }
  if (problems.length > 0) throw new WorkerError('MODEL_INVALID', problems.join('\n'));
}

async function verified({ name, role }: ModelEntry, directory: string): Promise<string> {
  if (role === 'pose-bundle') {
    const { sha256 } = await readModel(name, directory);
    return `ok, sha256 ${sha256}`;
  }
  const model = await openModel(name, { role, directory });
  await tryOut(model);
  return `ok, sha256 ${model.description.sha256}, ${describeNetwork(model.description)}`;
}

/** Runs a network as the worker does before its first video, and closes it. Those for poses take one size, which their role names. */
async function tryOut(model: LoadedModel): Promise<void> {
  const { role } = model.description;
  try {
    if (role === 'face-detector') await FaceDetector.load(model);
    if (role === 'face-embedder') await FaceEmbedder.load(model);
  } finally {
    await model.close();
  }
}

async function fetchModel(name: string, values: Values, directory: string): Promise<void> {
  const { models } = await readManifest(directory);
  const entry = models.find((known) => known.name === name);
  if (entry === undefined) {
    const names = models.filter(({ download }) => download !== undefined).map((known) => known.name);
    throw usage(`there is no network ${name} to fetch; there are ${names.join(', ')}`);
  }
  print(`${entry.name} from ${entry.source}, licence: ${entry.licence}`);
  if (entry.download?.licenceMustBeAccepted === true && !values['accept-licence']) {
    throw usage(
      `the licence of ${name}, ${entry.licence}, may reach the program that uses it; read it, then repeat with --accept-licence`,
    );
  }
  const abort = new AbortController();
  const onInterrupt = () =>
    abort.abort(new WorkerError('SHUTTING_DOWN', 'interrupted; run it again to go on'));
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  const { path, bytes, wasPresent } = await downloadModel(
    entry,
    { directory, onProgress: progressPrinter(), onWait: () => print(`waiting for another fetch of ${name}`) },
    abort.signal,
  );
  if (!wasPresent) clearProgress();
  print(`${path}: ${wasPresent ? 'was here already' : 'fetched'}, ${bytes} bytes, sha256 ${entry.sha256}`);
}

async function add(file: string, values: Values, directory: string): Promise<void> {
  const { licence, source, name, role, mean, std } = values;
  if (licence === undefined || source === undefined) throw usage('add needs --licence and --source');
  if (role !== undefined && !isAddable(role))
    throw usage(`--role is one of ${ADDABLE_ROLES.join(', ')}, not ${role}`);
  const distance = values['max-cosine-distance'];
  const channels = values.channels === undefined ? undefined : colourOrder(values.channels);
  const preprocessing =
    mean === undefined && std === undefined && channels === undefined
      ? undefined
      : {
          mean: triple(mean ?? '0,0,0', '--mean'),
          std: triple(std ?? '1,1,1', '--std'),
          ...(channels === undefined ? {} : { channels }),
        };
  const maxCosineDistance = distance === undefined ? undefined : cosineDistance(distance);
  const entry = await registerModel(
    file,
    { licence, source, name, role, preprocessing, maxCosineDistance, tryOut },
    directory,
  );
  print(`${entry.name} is a ${entry.role}: ${describeNetwork(entry)}`);
}

function colourOrder(text: string): 'rgb' | 'bgr' {
  if (text !== 'rgb' && text !== 'bgr') throw usage(`--channels is rgb or bgr, not "${text}"`);
  return text;
}

function isAddable(role: string): role is ModelRole {
  return (ADDABLE_ROLES as readonly string[]).includes(role);
}

function triple(text: string, option: string): [number, number, number] {
  const [r, g, b, ...rest] = text.split(',').map((part) => decimal(part));
  if (r === undefined || g === undefined || b === undefined || rest.length > 0 || Number.isNaN(r + g + b)) {
    throw usage(`${option} is three numbers, as 0.5,0.5,0.5`);
  }
  return [r, g, b];
}

function cosineDistance(text: string): number {
  const value = decimal(text);
  if (!(value >= 0 && value <= 2))
    throw usage(`--max-cosine-distance is a number from 0 to 2, not "${text}"`);
  return value;
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? '?' : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** One line that is written over on a terminal; elsewhere, as in a log, a line for each further tenth. */
function progressPrinter(): (progress: DownloadProgress) => void {
  let tenths = 0;
  return ({ receivedBytes, totalBytes }) => {
    const share = totalBytes === null ? Number.NaN : receivedBytes / totalBytes;
    const percent = Number.isNaN(share) ? '' : ` ${Math.floor(100 * share)} %`;
    const line = `${size(receivedBytes)} of ${size(totalBytes ?? undefined)}${percent}`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\u001b[K`);
    else if (share < 1 && Math.floor(10 * share) > tenths) {
      tenths = Math.floor(10 * share);
      process.stderr.write(`${line}\n`);
    }
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function only([subject, ...rest]: readonly string[], form: string): string {
  if (subject === undefined || rest.length > 0) throw usage(`say what, one at a time: ${form}`);
  return subject;
}

await runProgram(main);
