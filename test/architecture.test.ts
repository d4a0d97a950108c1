import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** The rooms each room may import from, besides itself. Files directly in src are rooms of their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  geometry: [],
  kernels: [],
  errors: [],
  version: [],
  decimal: [],
  'byte-ranges': [],
  'stat-or-null': [],
  arrivals: ['byte-ranges'],
  'process-folder': [],
  contract: ['errors'],
  setting: ['contract', 'decimal'],
  settings: ['setting', 'contract'],
  config: ['settings', 'setting', 'errors'],
  log: ['config'],
  media: ['geometry', 'kernels', 'errors', 'byte-ranges', 'arrivals', 'process-folder'],
  inference: ['geometry', 'errors', 'stat-or-null'],
  vision: ['inference', 'geometry', 'kernels', 'errors'],
  tracking: ['geometry', 'kernels', 'errors'],
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
  '@aws-sdk/credential-provider-node': 'aws',
  piscina: 'pipeline',
};

/** Programs put the rooms together: everything but another program is theirs to import. */
const PROGRAMS = ['main', 'cli'];

/** What programs are made of, most of it by several: it puts rooms together as they do, and they may import it. */
const PARTS_OF_PROGRAMS = [
  'command-line',
  'engine-options',
  'callback-services',
  'assemble-worker',
  'no-onnx-telemetry',
];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Whatever makes another file run or its types known: import and export, with and without names, import() and a thread's file. */
const IMPORTS = [
  /^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'/gm,
  /^\s*import\s+'([^']+)'/gm,
  /\bimport\('([^']+)'\)/g,
  /\bnew URL\('([^']+\.ts)', import\.meta\.url\)/g,
];

function importsIn(source: string): string[] {
  return IMPORTS.flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => name as string));
}

function importsOf(file: string): string[] {
  return importsIn(readFileSync(join(SRC, file), 'utf8'));
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

function isOfPrograms(room: string): boolean {
  return isProgram(room) || PARTS_OF_PROGRAMS.includes(room);
}

/** The rows of the README's map: the rooms each one names, with a file's ending as in src. */
function readmeMap(): string[][] {
  const [, map = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## The map of src');
  const [table = ''] = map.split('\n## ');
  const firstCells = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell as string);
  return firstCells.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));
}

describe('the imports of src', () => {
  it('are seen in each of their forms', () => {
    const source = [
      "import './bare.ts';",
      "import { one } from './named.ts';",
      "import {\n  one,\n  two,\n} from './lines.ts';",
      "export type { Three } from './exported.ts';",
      "const late = await import('./late.ts');",
      "const thread = new URL('./thread.ts', import.meta.url);",
      "const folder = new URL('../models', import.meta.url);",
    ].join('\n');
    expect(importsIn(source).toSorted()).toEqual(
      ['bare', 'exported', 'late', 'lines', 'named', 'thread'].map((name) => `./${name}.ts`),
    );
  });

  it('leave the programs alone: nothing imports one', () => {
    const wrong = files.flatMap((file) =>
      localTargets(file)
        .filter((target) => isProgram(roomOf(target)))
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('run one way between the rooms', () => {
    const wrong = files.flatMap((file) => {
      const room = roomOf(file);
      if (isOfPrograms(room)) return [];
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
    expect(readers.filter((file) => !isOfPrograms(roomOf(file)))).toEqual([]);
  });
});

describe('the map of src in the README', () => {
  const map = readmeMap();
  const rowOf = (entry: string) => map.findIndex((names) => names.includes(entry));
  const entryOf = (file: string) => (file.includes(sep) ? `${roomOf(file)}/` : file);

  it('names every folder and file directly in src, once, and nothing else', () => {
    const entries = [...new Set(files.map(entryOf))];
    expect(map.flat().toSorted()).toEqual(entries.toSorted());
  });

  it('has its rows in the order in which imports run: no row needs a later one', () => {
    const wrong = files.flatMap((file) =>
      localTargets(file)
        .filter((target) => rowOf(entryOf(target)) > rowOf(entryOf(file)))
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});
