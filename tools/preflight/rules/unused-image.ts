import { isDeployment } from '../model/deployments';
import { imageReference, type Push, pushesOf, repositoriesOf } from '../model/images';
import type { Model } from '../model/model';
import type { Rule } from '../rule';

/** They keep images, tell who may push them, or build them; they do not run them. */
const RUNS_NOTHING = /^AWS::(?:ECR|IAM|CodeBuild|CodePipeline|KMS|SSM|Events|CloudWatch|Logs)::/;

export const unusedImage: Rule = {
  id: 'F55',
  name: 'unused-image',
  title: 'An image is pushed that nothing runs',
  cause:
    'the tasks run other images, e.g. ones that cdk deploy builds itself (fromAsset), so the pushed ones change nothing',
  fix: 'let the container take its image from the repository (ContainerImage.fromEcrRepository, or fromRegistry with the digest), or leave the push out',
  link: 'https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ecs.ContainerImage.html',
  *check(model) {
    const images = model.services.flatMap(({ taskDefinition }) => taskDefinition?.containers ?? []);
    const run = images.map(({ image }) => imageReference(image));
    // An image that only the deployment knows may be any.
    if (!run.length || run.some(({ repository }) => repository === undefined)) return;
    const told = new Set<string>();
    for (const push of pushesOf(model)) {
      const { repository, command } = push;
      if (repository === undefined || told.has(repository)) continue;
      told.add(repository);
      // Another pipeline's own repository: whose images run elsewhere, nobody here knows.
      if (!repositoriesOf(model).some(({ name }) => name === repository)) continue;
      if (run.some((image) => image.repository === repository) || isRunOtherwise(repository, model)) continue;
      if (isGivenOn(push)) continue;
      const assets = run.some((image) => image.repository?.includes('container-assets'));
      yield {
        level: 'warning',
        place: command.place,
        message: assets
          ? `no task runs an image of ${repository}: their images are assets, which cdk deploy builds and pushes itself`
          : `no task runs an image of ${repository}; they run ${[...new Set(run.map((image) => image.repository))].join(', ')}`,
      };
    }
  },
};

/** By a function, a batch job, another service: whatever names an image of the repository. */
function isRunOtherwise(repository: string, { stacks }: Model): boolean {
  return stacks.some(({ resources }) =>
    resources.some(
      ({ type, properties }) => !RUNS_NOTHING.test(type) && imagesIn(properties).includes(repository),
    ),
  );
}

function imagesIn(properties: unknown): (string | undefined)[] {
  const images = JSON.stringify(properties).match(/[^"]*\.dkr[.-]ecr\.[^"]*/g) ?? [];
  return images.map((image) => imageReference(image).repository);
}

/** To a synth or a deployment, as context or parameter: what the build deploys is then another than what is synthesized here. */
function isGivenOn({ build }: Push): boolean {
  return build.commands.some(
    (command) =>
      (isDeployment(command) || command.name === 'cdk') &&
      command.words.some((word) => /^(?:-c$|--context\b|--parameter)/.test(word)),
  );
}
