/** The validated configuration: environment beats `.env`, `.env` beats the defaults, and one error lists every problem. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import { WorkerError } from './errors.ts';
import type { Setting } from './setting.ts';
import { SETTINGS, type Settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

type Value<S> = S extends Setting<infer T> ? T : never;

/** Every setting, validated; units are in the names or in SETTINGS. */
export type Config = { readonly [K in keyof Settings]: Value<Settings[K]> };

export type LogLevel = Config['logLevel'];

/** The settings that shape an analysis, wherever the video comes from: what the command line needs without any AWS. */
const ANALYSIS_SETTINGS = [
  'frameIntervalSeconds',
  'samplingToleranceSeconds',
  'faceModelPath',
  'faceConfidenceThreshold',
  'faceInputSize',
  'faceTiles',
  'faceEmbedderPath',
  'poseEngine',
  'poseModel',
  'poseConfidenceThreshold',
  'interpolate',
  'trackingMaxAge',
  'maxVideoBytes',
  'maxVideoSeconds',
  'tempDir',
  'ffmpegPath',
] as const satisfies (keyof Config)[];

export type AnalysisConfig = Pick<Config, (typeof ANALYSIS_SETTINGS)[number]>;

/**
 * Validates the whole environment.
 * @throws WorkerError CONFIG_INVALID that names every wrong or missing setting, one per line, without their secret values
 */
export function readConfig(env: Environment): Config {
  const config = readSettings(env, Object.keys(SETTINGS) as (keyof Config)[], contradictions);
  return config.debug ? { ...config, logLevel: 'debug' } : config;
}

/**
 * Validates only the settings that shape an analysis.
 * @throws WorkerError CONFIG_INVALID as `readConfig` does
 */
export function readAnalysisConfig(env: Environment): AnalysisConfig {
  return readSettings(env, ANALYSIS_SETTINGS);
}

/** What is wrong with settings that are right each by itself. */
function contradictions({ queueUrl, callbackQueueUrl }: Partial<Config>): string[] {
  if (callbackQueueUrl === undefined || callbackQueueUrl !== queueUrl) return [];
  return [
    `${SETTINGS.callbackQueueUrl.name}=${callbackQueueUrl}: must be another queue than ${SETTINGS.queueUrl.name}`,
  ];
}

function readSettings<K extends keyof Config>(
  env: Environment,
  keys: readonly K[],
  contradictionsOf: (values: Partial<Pick<Config, K>>) => string[] = () => [],
): Pick<Config, K> {
  const values: [K, unknown][] = [];
  const problems: string[] = [];
  for (const key of keys) {
    const setting: Setting<unknown> = SETTINGS[key];
    const parsed = setting.schema.safeParse(effectiveText(setting, env));
    if (parsed.success) values.push([key, parsed.data]);
    else problems.push(describeProblem(setting, env[setting.name], parsed.error));
  }
  const config = Object.fromEntries(values) as Pick<Config, K>;
  problems.push(...contradictionsOf(config));
  if (problems.length > 0) {
    throw new WorkerError(
      'CONFIG_INVALID',
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nnpm start -- --help lists every setting.`,
    );
  }
  return config;
}

/** The process's environment over the variables of a `.env` file in `directory`, if there is one. An empty variable is an unset one: it hides none of the file's. */
export function readEnvironment(processEnv: Environment, directory: string): Environment {
  let file: string;
  try {
    file = readFileSync(`${directory}/.env`, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return processEnv;
    throw new WorkerError('CONFIG_INVALID', `.env cannot be read: ${(cause as Error).message}`, { cause });
  }
  const set = Object.entries(processEnv).filter(([, value]) => value !== '');
  return { ...parseEnv(file), ...Object.fromEntries(set) };
}

/** What --help says of the settings: one entry each, with default. */
export function describeSettings(): string {
  return settings()
    .map(([, { name, description, fallback, fallbackNote }]) => {
      const shown = fallbackNote ?? fallback;
      return `  ${name}\n      ${description}${shown === undefined ? '' : ` [${shown}]`}`;
    })
    .join('\n');
}

/** The configuration as NAME=value lines, secrets hidden. */
export function printConfig(config: Config): string {
  return settings()
    .map(([key, setting]) => {
      const value = config[key];
      const shown = Array.isArray(value) ? value.join(',') : String(value ?? '');
      return `${setting.name}=${setting.secret === true && shown !== '' ? '[redacted]' : shown}`;
    })
    .join('\n');
}

function settings(): [keyof Config, Setting<unknown>][] {
  return Object.entries(SETTINGS) as [keyof Config, Setting<unknown>][];
}

function effectiveText(setting: Setting<unknown>, env: Environment): string | undefined {
  const value = env[setting.name];
  return value === undefined || value === '' ? setting.fallback : value;
}

function describeProblem(setting: Setting<unknown>, value: string | undefined, error: z.ZodError): string {
  if (value === undefined || value === '') return `${setting.name} is not set: ${setting.description}`;
  const reason = error.issues.map((issue) => issue.message).join(', ');
  return `${setting.name}=${setting.secret === true ? '[redacted]' : value}: ${reason}`;
}
