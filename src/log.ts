/** The process's logger: JSON lines on stdout (pino), one child per job that binds `jobId`, `messageId` and `receiveCount`. */
import { type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

export type { Logger };

/** Fields that are hidden, in a log line itself and in the objects it is given: the headers of requests, and the secret settings. */
const SECRETS = [
  'authorization',
  'cookie',
  'secret',
  'secrets',
  'token',
  'callbackSecrets',
  'httpDetectToken',
];

export function createLogger(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  });
}
