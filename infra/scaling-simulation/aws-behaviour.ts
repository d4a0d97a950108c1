/** What AWS adds to every decision: delays, evaluation periods and prices, with where they come from. */

export const CLOUDWATCH = {
  /** SQS publishes one value a minute; it can be read about a minute later. */
  metricDelaySeconds: 60,
  /** Queues that nobody has touched for six hours stop publishing; they start again within fifteen minutes (SQS Developer Guide). */
  queueAsleepAfterSeconds: 6 * 3600,
  queueWakesWithinSeconds: 15 * 60,
} as const;

/** The alarms that target tracking makes (Application Auto Scaling User Guide). */
export const TARGET_TRACKING = {
  highDatapoints: 3,
  lowDatapoints: 15,
  /** Scale-in begins below this part of the target. */
  lowFactor: 0.9,
} as const;

export const ECS = {
  /** From the order of a task to its first receive: network interface, image of some 250 MB compressed, models. */
  startSeconds: { min: 40, max: 80 },
} as const;

/** us-east-1, Linux on x86, dollars per hour (aws.amazon.com/fargate/pricing). */
export const FARGATE_PRICE = {
  perVcpuHour: 0.04048,
  perGibHour: 0.004445,
  /** Of 30 GiB, 20 are free. */
  perDiskGibHour: 0.000111,
  /** Spot is up to 70 % cheaper; its price moves, so less is counted on. */
  spotDiscount: 0.6,
} as const;

export interface TaskSize {
  readonly vcpu: number;
  readonly memoryGib: number;
  readonly paidDiskGib: number;
  /** Part of the tasks that run on Spot, 0 to 1. */
  readonly spotShare: number;
}

export function dollarsPerTaskHour({ vcpu, memoryGib, paidDiskGib, spotShare }: TaskSize): number {
  const { perVcpuHour, perGibHour, perDiskGibHour, spotDiscount } = FARGATE_PRICE;
  const onDemand = vcpu * perVcpuHour + memoryGib * perGibHour + paidDiskGib * perDiskGibHour;
  return onDemand * (1 - spotShare * spotDiscount);
}
