/** The process's logger: JSON lines on stdout (pino), one child per job that binds `jobId`, `messageId` and `receiveCount`. */
import { type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

export type { Logger };

/** Paths that never reach a log line, whatever object they arrive in. */
const SECRETS = ['authorization', 'cookie', '*.authorization', '*.secret', '*.secrets', '*.token'];

export function createLogger(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRETS, censor: '[redacted]' },
  });
}
