/** The README's table of settings, made from the settings themselves so that it cannot age. */
import type { Setting } from '../src/setting.ts';
import { SETTINGS } from '../src/settings.ts';

const BEGIN = '<!-- settings -->';
const END = '<!-- /settings -->';

export function settingsTable(): string {
  const rows = Object.values(SETTINGS).map(
    ({ name, description, fallback, fallbackNote }: Setting<unknown>) => {
      const shown = fallbackNote ?? (fallback === undefined ? '' : `\`${fallback}\``);
      return `| \`${name}\` | ${description} | ${shown} |`;
    },
  );
  return ['| name | meaning and unit | default |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The README with the table between its two marks. */
export function withSettingsTable(readme: string, table: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${table}\n${readme.slice(end)}`;
}
