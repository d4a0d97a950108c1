import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SRC = join(import.meta.dirname, '../src');

/** The rooms each room may import from, besides itself. Files directly in src are rooms of their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  geometry: [],
  errors: [],
  version: [],
  'byte-ranges': [],
  arrivals: ['byte-ranges'],
  'process-folder': [],
  contract: ['errors'],
  setting: ['contract'],
  settings: ['setting', 'contract'],
  config: ['settings', 'setting', 'errors'],
  log: ['config'],
  media: ['geometry', 'errors', 'byte-ranges', 'arrivals', 'process-folder'],
  inference: ['geometry', 'errors'],
  vision: ['inference', 'geometry', 'errors'],
  tracking: ['geometry', 'errors'],
  pipeline: [
    'tracking',
    'vision',
    'inference',
    'media',
    'contract',
    'geometry',
    'errors',
    'version',
    'byte-ranges',
    'arrivals',
  ],
  telemetry: [],
  worker: ['pipeline', 'contract', 'errors', 'log', 'telemetry', 'byte-ranges', 'arrivals', 'process-folder'],
  callback: ['worker', 'contract', 'errors', 'log', 'telemetry'],
  aws: ['callback', 'worker', 'contract', 'errors', 'log', 'telemetry', 'byte-ranges', 'arrivals'],
  http: ['callback', 'worker', 'inference', 'contract', 'errors', 'log'],
};

/** Packages that only one room may touch. */
const ONLY_IN: Readonly<Record<string, string>> = {
  'node:child_process': 'media',
  'onnxruntime-node': 'inference',
  'sqs-consumer': 'aws',
  '@aws-sdk/client-sqs': 'aws',
  '@aws-sdk/client-s3': 'aws',
  '@aws-sdk/s3-request-presigner': 'aws',
  piscina: 'pipeline',
};

/** Programs that put the rooms together; everything is theirs to import, and nothing imports them. */
const PROGRAMS = ['main', 'cli', 'engine-options', 'callback-services', 'no-onnx-telemetry'];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8');
  return [...source.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    ([, fromStatic, fromDynamic]) => (fromStatic ?? fromDynamic) as string,
  );
}

function localTargets(file: string): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(SRC, join(SRC, dirname(file), specifier)));
}

function roomOf(file: string): string {
  const [first = ''] = file.split(sep);
  return first.replace(/(-cli)?\.ts$/, (ending) => (ending === '-cli.ts' ? '-cli' : ''));
}

function isProgram(room: string): boolean {
  return PROGRAMS.includes(room) || room.endsWith('-cli');
}

describe('the imports of src', () => {
  it('run one way between the rooms', () => {
    const wrong = files.flatMap((file) => {
      const room = roomOf(file);
      if (isProgram(room)) return [];
      const allowed = [room, ...(MAY_IMPORT[room] ?? [])];
      return localTargets(file)
        .filter((target) => !allowed.includes(roomOf(target)))
        .map((target) => `${file} -> ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keep each heavy package in its one room', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((name) => ONLY_IN[name] !== undefined && ONLY_IN[name] !== roomOf(file))
        .map((name) => `${file} -> ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have no cycles between files', () => {
    const targets = new Map(files.map((file) => [file, localTargets(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) {
        cycles.push([...path.slice(at), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('read process.env only in the programs', () => {
    const readers = files.filter((file) => /process\.env\b/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(readers.filter((file) => !isProgram(roomOf(file)))).toEqual([]);
  });
});
