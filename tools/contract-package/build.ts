/** `npm run build:contract [-- FOLDER]`: compiles the contract into `dist/contract` or FOLDER, a package of its own whose only dependency is zod. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArguments, usage } from '../../src/command-line.ts';

const HELP = `Builds the contract, a package of types, readers and JSON Schemas whose only dependency is zod.

Usage: npm run -s build:contract -- [FOLDER] [options]

  FOLDER       made anew; an earlier build in it is replaced, anything else is left alone [the project's dist/contract]
  --help       this text`;

const root = join(import.meta.dirname, '../..');
const MODULE = './contract/contract.js';

interface PackageJson {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

function main(): void {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  if (positionals.length > 1) throw usage('name one folder');
  const target = resolve(positionals[0] ?? join(root, 'dist/contract'));
  refuseForeign(target);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  // First of all, so that a build that was cut off can be replaced.
  writeFileSync(join(target, 'package.json'), packageJson());
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(import.meta.dirname, 'tsconfig.json');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', target], { stdio: 'inherit' });
  cpSync(join(root, 'schemas'), join(target, 'schemas'), { recursive: true });
}

/** What the folder holds is lost: it has to be a build of ours, or nothing. */
function refuseForeign(target: string): void {
  if (!existsSync(target) || isEarlierBuild(target)) return;
  try {
    if (readdirSync(target).length === 0) return;
  } catch {
    throw usage(`${target} is no folder`);
  }
  throw usage(`${target} holds something else than a build of the contract: name an empty folder`);
}

/** The project itself has the same name: where its module lies tells the two apart. */
function isEarlierBuild(target: string): boolean {
  try {
    const { name, exports } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as {
      name?: unknown;
      exports?: { './contract'?: { default?: unknown } };
    };
    return name === 'clipping-worker' && exports?.['./contract']?.default === MODULE;
  } catch {
    return false;
  }
}

function packageJson(): string {
  const { version, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as PackageJson;
  const contents = {
    name: 'clipping-worker',
    version,
    description: 'The messages, results and webhooks of the clipping worker.',
    license: 'UNLICENSED',
    type: 'module',
    exports: {
      './contract': { types: './contract/contract.d.ts', default: MODULE },
      './schemas/*': './schemas/*',
    },
    dependencies: { zod: dependencies.zod },
  };
  return `${JSON.stringify(contents, null, 2)}\n`;
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
