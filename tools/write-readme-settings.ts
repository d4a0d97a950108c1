/** Writes the table of settings into README.md, from the settings themselves: npm run readme. */
import { readFileSync, writeFileSync } from 'node:fs';
import { settingsTable, withSettingsTable } from './readme-settings.ts';

const README = new URL('../README.md', import.meta.url);

writeFileSync(README, withSettingsTable(readFileSync(README, 'utf8'), settingsTable()));
