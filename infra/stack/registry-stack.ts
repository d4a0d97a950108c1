/** The image registry, a stack of its own: it must hold an image before the service can start. */
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';

/** Enough to roll back to any release of the last weeks. */
const KEPT_IMAGES = 50;

export class RegistryStack extends Stack {
  readonly repository: Repository;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.repository = new Repository(this, 'Repository', {
      repositoryName: 'clipping-worker',
      // A tag always means the same bytes: rolling back is deploying an older tag.
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { rulePriority: 1, tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(7) },
        { rulePriority: 2, tagStatus: TagStatus.ANY, maxImageCount: KEPT_IMAGES },
      ],
    });
    new CfnOutput(this, 'RepositoryUri', { value: this.repository.repositoryUri });
  }
}
