/** What the application needs to know from its environment. */

export interface AppConfig {
  readonly port: number;
  /** The worker's job queue; standard, or FIFO when its name ends in `.fifo`. */
  readonly queueUrl: string;
  /** Where the worker reaches this application. */
  readonly publicUrl: string;
  /** The worker's CALLBACK_SECRETS: during a rotation the old one and the new one. */
  readonly webhookSecrets: readonly string[];
}

export const APP_CONFIG = Symbol('AppConfig');

export function readConfig(env: NodeJS.ProcessEnv): AppConfig {
  return {
    port: Number(env.PORT ?? 3000),
    queueUrl: required(env, 'DETECTION_QUEUE_URL'),
    publicUrl: required(env, 'PUBLIC_URL'),
    webhookSecrets: required(env, 'WEBHOOK_SECRETS').split(','),
  };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}
