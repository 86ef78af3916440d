import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';

/**
 * The repository in which the builds of one project keep the layers of their images for those after them.
 *
 * Each project has its own, because a build believes what it finds there: whoever writes to it decides what is in the next image. One
 * for all environments would let a push to develop put something into prod's, and IAM cannot limit a role to some tags.
 *
 * Nothing in it is ever run, so nothing scans it, and it goes with the stack: the next build makes its layers anew.
 */
export class LayerCache extends Construct {
  readonly repository: ecr.Repository;

  constructor(scope: Construct, id: string, repositoryName: string) {
    super(scope, id);
    this.repository = new ecr.Repository(this, 'Repository', {
      repositoryName,
      // Each build moves the tag of an image's layers to its own.
      imageTagMutability: ecr.TagMutability.MUTABLE,
      lifecycleRules: [
        {
          description: 'What a newer build has replaced, which one that is running may still read',
          tagStatus: ecr.TagStatus.UNTAGGED,
          maxImageAge: Duration.days(1),
        },
        {
          description: 'The layers of an image that has not been built for two weeks',
          tagStatus: ecr.TagStatus.ANY,
          maxImageAge: Duration.days(14),
        },
      ],
      emptyOnDelete: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
