import type { App, Stack } from 'aws-cdk-lib';
import type { PipelineConfig } from './config';
import { DeployTargetStack } from './deploy-target-stack';
import { environmentOf, imagesOwner, pipelinePlace, speaker } from './environments';
import { ImagesStack } from './images-stack';
import { MangooCodeBuildStack } from './mangoo-codebuild-stack';
import { RELEASE } from './names';
import { MangooReleaseStack } from './release-pipeline-stack';

/**
 * The stacks of a configuration: one per environment, all where the pipeline is; one more for each environment that is
 * elsewhere; one for the images, unless the environment `default` has them; and one for releases, where they are wanted.
 *
 * @param config validated
 */
export function addStacks(app: App, config: PipelineConfig): void {
  const repository = `${config.github.owner}/${config.github.repo}`;
  const env = pipelinePlace(config);
  const pipelines = config.environments.map((environment): Stack => {
    const { branch, names, elsewhere } = environmentOf(config, environment);
    if (elsewhere) {
      const description = `Where CI/CD of ${repository}, branch ${branch}, deploys to`;
      new DeployTargetStack(app, names.targetStack, { env: elsewhere, description, config, environment });
    }
    const description = `CI/CD of ${repository}, branch ${branch}`;
    return new MangooCodeBuildStack(app, names.stack, { env, description, config, environment });
  });

  const { stack: name } = imagesOwner(config);
  const images =
    pipelines.find(({ node }) => node.id === name) ??
    new ImagesStack(app, name, { env, description: `Images of ${repository}`, config });
  const speakerStack = pipelines.find(({ node }) => node.id === speaker(config).stack);
  for (const pipeline of pipelines) {
    if (pipeline !== images) pipeline.addStackDependency(images);
    // An alarm that goes to Slack goes to its topic.
    if (config.notifications?.slack && speakerStack && pipeline !== speakerStack) {
      pipeline.addStackDependency(speakerStack);
    }
  }

  if (config.release) {
    const description = `Releases of ${repository}, branch ${config.environments[0]?.branch}`;
    const stack = new MangooReleaseStack(app, RELEASE.stack, { env, description, config });
    // It deploys by their bootstraps, and tells their topics.
    for (const pipeline of pipelines) stack.addStackDependency(pipeline);
  }
}
