import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { PipelineConfig } from './config';
import { imagesOwner } from './environments';
import { ImageRepositories } from './image-repositories';
import { tag } from './tags';

export interface ImagesStackProps extends StackProps {
  /** Validated. */
  readonly config: PipelineConfig;
}

/**
 * The images, where environments share them and none is the `default` whose stack has them: built once, deployed to each.
 * A stack of its own, because it must outlive any environment.
 */
export class ImagesStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: ImagesStackProps) {
    super(scope, id, props);
    new ImageRepositories(this, 'Images', config);
    tag(this, imagesOwner(config).environment);
  }
}
