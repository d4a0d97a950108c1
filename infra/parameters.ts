/** Everything an operator may size or name, with its unit, range and default. `cdk deploy -c name=value` sets one. */
import { z } from 'zod';
import { WORKER_VERSION } from '../src/version.ts';
import { SCALING_POLICY } from './scaling-policy.ts';

function wholeNumber(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}

const parametersSchema = z.strictObject({
  /** Tag of the image in the registry's repository; a release never reuses one. */
  imageTag: z
    .string()
    .regex(/^[\w][\w.-]{0,127}$/)
    .default(WORKER_VERSION),
  /** Processor of the tasks; the image of that tag must be built for it. ARM64 costs a fifth less. */
  cpuArchitecture: z.enum(['X86_64', 'ARM64']).default('X86_64'),
  /** Fargate CPU units of a task: 1024 is one vCPU. */
  taskCpuUnits: wholeNumber(512, 16_384).default(2048),
  taskMemoryMib: wholeNumber(1024, 122_880).default(4096),
  /** Disk of a task: the videos of its running jobs, each up to MAX_VIDEO_BYTES, and the image. */
  taskDiskGib: wholeNumber(21, 200).default(30),
  /** Jobs a task analyses side by side. */
  jobsPerTask: wholeNumber(1, 64).default(SCALING_POLICY.jobsPerTask),

  minTasks: wholeNumber(0, 5000).default(SCALING_POLICY.minTasks),
  maxTasks: wholeNumber(1, 5000).default(SCALING_POLICY.maxTasks),
  /** Tasks on FARGATE for every `spotWeight` tasks on FARGATE_SPOT. */
  onDemandWeight: wholeNumber(0, 1000).default(1),
  spotWeight: wholeNumber(0, 1000).default(3),

  /** How long a received message stays hidden between two heartbeats: the queue's setting and the worker's. */
  visibilityTimeoutSeconds: wholeNumber(15, 43_200).default(120),
  /**
   * Receives before a message goes to the dead-letter queue: about five failures and as many deploys or Spot interruptions. At least two
   * that may end their worker, and one that tells of it.
   */
  maxReceiveCount: wholeNumber(3, 1000).default(10),
  /** How long a job may wait in the queue. The dead-letter queue keeps messages 14 days from when they were first sent. */
  jobRetentionDays: wholeNumber(1, 13).default(7),
  /** Time running jobs get at SIGTERM; the rest of ECS's 120 s is for handing messages back. */
  shutdownGraceSeconds: wholeNumber(0, 110).default(90),

  /** Prefix of the videos that jobs may name. */
  videoPrefix: z.string().endsWith('/').default('videos/'),
  /** Days until a result is deleted; 0 keeps results for ever. */
  resultRetentionDays: wholeNumber(0, 3650).default(90),
  logRetentionDays: z.coerce
    .number()
    .pipe(z.literal([1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731]))
    .default(30),

  /** An oldest message of this age raises an alarm. */
  oldestMessageAlarmMinutes: wholeNumber(1, 10_080).default(60),
  /** More failed jobs than this in a quarter of an hour raise an alarm. */
  failedJobsAlarmCount: wholeNumber(0, 1_000_000).default(10),
  /** Gets the alarms by mail; they go to the topic alone when unset. */
  alarmEmail: z.email().optional(),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
});

export type Parameters = z.infer<typeof parametersSchema>;

export const PARAMETER_NAMES = parametersSchema.keyof().options;

/**
 * Validates the values that were given; the others get their defaults.
 * @throws Error that names every wrong or missing parameter, one per line
 */
export function readParameters(given: Readonly<Record<string, unknown>>): Parameters {
  const parsed = parametersSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(
    `the stack's parameters have problems; set them with -c name=value:\n${problems.join('\n')}`,
  );
}
