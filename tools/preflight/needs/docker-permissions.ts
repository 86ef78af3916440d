import { type Command, positionals } from '../model/command';
import { pushedBy } from '../model/release';
import { ecrImage } from './ecr-image';
import { arn, on, type Permission } from './need';

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
const PUSH = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:CompleteLayerUpload',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html */
export const PULL = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];

/** What a command of Docker must be allowed in ECR: to push an image, or to pull one. */
export function dockerPermissions(command: Command): Permission[] {
  return [...permissions(pushedBy(command) ?? [], PUSH), ...permissions(pulled(command), PULL)];
}

/** What it may need besides: Docker reads the image that it has pushed; and one whose registry is not known may be in ECR. */
export function perhapsOfDocker(command: Command): Permission[] {
  return pushedBy(command) ? on(arn('ecr', 'repository/‹name›'), ...PUSH, ...PULL) : [];
}

function permissions(references: readonly string[], actions: readonly string[]): Permission[] {
  return references.flatMap((reference) => {
    const image = ecrImage(reference);
    return image ? on(image.repository, ...actions) : [];
  });
}

function pulled(command: Command): string[] {
  if (command.name !== 'docker') return [];
  const [verb, ...rest] = positionals(command);
  if (verb === 'image' && rest[0] === 'pull') return rest.slice(1);
  return verb === 'pull' ? rest : [];
}
