/** The service that runs the workers: on Fargate and Fargate Spot, deployed one for one and rolled back when that fails. */

import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Cluster, ContainerInsights, FargateService, PropagatedTagSource } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { WorkerNetwork } from './worker-network.ts';

export interface WorkerServiceProps {
  readonly cluster: Cluster;
  readonly network: WorkerNetwork;
  readonly taskDefinition: FargateTaskDefinition;
  readonly onDemandWeight: number;
  readonly spotWeight: number;
}

/** The cluster reports the numbers of tasks that scaling needs: Container Insights. */
export function workerCluster(scope: Construct, id: string, { vpc }: WorkerNetwork): Cluster {
  return new Cluster(scope, id, {
    vpc,
    containerInsightsV2: ContainerInsights.ENABLED,
    enableFargateCapacityProviders: true,
  });
}

/** The desired count is left out: a deployment must not undo what scaling has set. */
export function workerService(scope: Construct, id: string, props: WorkerServiceProps): FargateService {
  return new FargateService(scope, id, {
    cluster: props.cluster,
    taskDefinition: props.taskDefinition,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    securityGroups: [props.network.securityGroup],
    capacityProviderStrategies: [
      { capacityProvider: 'FARGATE', weight: props.onDemandWeight },
      { capacityProvider: 'FARGATE_SPOT', weight: props.spotWeight },
    ],
    // New tasks start before old ones stop; the old ones finish what they hold.
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    enableECSManagedTags: true,
    propagateTags: PropagatedTagSource.SERVICE,
  });
}
