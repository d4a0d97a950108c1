/** `npm run build:contract [-- FOLDER]`: compiles the contract into `dist/contract` or FOLDER, a package of its own whose only dependency is zod. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '../..');
const target = resolve(process.argv[2] ?? join(root, 'dist/contract'));

interface PackageJson {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson;

rmSync(target, { recursive: true, force: true });
execFileSync(process.execPath, [
  join(root, 'node_modules/typescript/bin/tsc'),
  '-p',
  join(import.meta.dirname, 'tsconfig.json'),
  '--outDir',
  target,
]);
cpSync(join(root, 'schemas'), join(target, 'schemas'), { recursive: true });
writeFileSync(
  join(target, 'package.json'),
  `${JSON.stringify(
    {
      name: 'clipping-worker',
      version,
      description: 'The messages, results and webhooks of the clipping worker.',
      license: 'UNLICENSED',
      type: 'module',
      exports: {
        './contract': { types: './contract/contract.d.ts', default: './contract/contract.js' },
        './schemas/*': './schemas/*',
      },
      dependencies: { zod: dependencies.zod },
    },
    null,
    2,
  )}\n`,
);
