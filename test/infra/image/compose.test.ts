import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { SETTINGS } from '../../../src/settings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

it('compose.yaml sets only what the worker or the AWS SDK knows', () => {
  const [, environment = ''] = read('compose.yaml').split('    environment:\n');
  const names = [...environment.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, name]) => name as string);
  const known: string[] = Object.values(SETTINGS).map(({ name }) => name);
  expect(names).toContain('SQS_QUEUE_URL');
  expect(names.filter((name) => !known.includes(name))).toEqual([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]);
});

it('everything the Dockerfile copies from the project passes .dockerignore', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  const passed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const passes = (path: string) =>
    passed.some((allowed) => allowed.startsWith(path) || path.replace(/\/$/, '') === allowed);
  expect(copied.filter((path) => !passes(path))).toEqual([]);
});
