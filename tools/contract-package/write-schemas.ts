/** `npm run schemas`: writes `schemas/` anew after a change of the contract; a test fails until this has been run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaFiles } from './schema-files.ts';

const folder = join(import.meta.dirname, '../../schemas');
mkdirSync(folder, { recursive: true });
for (const [name, content] of schemaFiles()) writeFileSync(join(folder, name), content);
