import type { Build } from '../model/build';
import type { Command } from '../model/command';
import { pushedBy } from '../model/release';
import { isKnown } from '../model/stack';
import { awsCall } from '../needs/aws-call';
import { type EcrImage, ecrImage, ecrRegistry } from '../needs/ecr-image';
import type { Found, Rule } from '../rule';

export const registryLogin: Rule = {
  id: 'F58',
  name: 'registry-login',
  title: 'Docker does not log in to the registry that it pushes to',
  awsError: 'no basic auth credentials',
  cause:
    "a token of ECR is for the registries of one region, and docker login keeps it under the registry's name",
  fix: 'compose the registry once, e.g. REGISTRY="$AWS_ACCOUNT_ID.dkr.ecr.$AWS_REGION.amazonaws.com", and use it for login, tags and push',
  link: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html',
  *check({ builds }): Iterable<Found> {
    for (const build of builds) {
      yield* byOldCommand(build);
      yield* tokensElsewhere(build);
      yield* pushesElsewhere(build);
    }
  },
};

/** https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html, 2026-11 */
function* byOldCommand({ project, commands }: Build): Iterable<Found> {
  for (const command of commands) {
    const call = awsCall(command);
    if (call?.service !== 'ecr' || call.operation !== 'get-login') continue;
    const isCertain = !command.conditional && project?.environment.image.startsWith('aws/codebuild/');
    yield {
      level: isCertain ? 'error' : 'warning',
      place: command.place,
      message: "aws ecr get-login is version 1's of the AWS CLI; CodeBuild's images have version 2",
      awsError:
        'aws: error: argument operation: Invalid choice, valid choices are: … maybe you meant: * get-login-password',
      fix: 'aws ecr get-login-password | docker login --username AWS --password-stdin "$AWS_ACCOUNT_ID.dkr.ecr.$AWS_REGION.amazonaws.com"',
    };
  }
}

/** A token of one region for the registry of another. */
function* tokensElsewhere({ commands }: Build): Iterable<Found> {
  for (const [i, command] of commands.entries()) {
    const call = awsCall(command);
    const login = commands[i + 1];
    if (call?.service !== 'ecr' || call.operation !== 'get-login-password' || !login || !isLogin(login))
      continue;
    const registry = registryOf(login);
    const region = call.values('--region')[0] ?? regionOf(command);
    if (!registry || region === undefined || region === registry.region) continue;
    if (!isKnown(region) || !isKnown(registry.region)) continue;
    yield {
      level: 'error',
      place: login.place,
      message: `the token is of ${region}, the registry ${registry.registry} of ${registry.region}`,
      awsError: `Error response from daemon: login attempt to https://${registry.registry}/v2/ failed with status: 400 Bad Request`,
      fix: `aws ecr get-login-password --region ${registry.region} | docker login --username AWS --password-stdin ${registry.registry}`,
    };
  }
}

function* pushesElsewhere({ commands }: Build): Iterable<Found> {
  // A credential helper logs in by itself.
  if (commands.some(({ text }) => /ecr-login|credHelpers|credsStore|\.docker\/config/.test(text))) return;
  const logins = commands.filter(isLogin).map(registryOf);
  const registries = logins.map((login) => login?.registry);
  // One that is not known may be any.
  if (!registries.length || !registries.every((registry) => registry !== undefined && isKnown(registry)))
    return;
  for (const command of commands) {
    const image = pushed(command).find(({ registry }) => isKnown(registry) && !registries.includes(registry));
    if (!image) continue;
    yield {
      level: command.conditional ? 'warning' : 'error',
      place: command.place,
      message: `nothing logs in to ${image.registry}, to which this pushes; docker login is for ${[...new Set(registries)].join(', ')}`,
      fix: `aws ecr get-login-password --region ${image.region} | docker login --username AWS --password-stdin ${image.registry}`,
    };
  }
}

function isLogin({ name, words }: Command): boolean {
  return name === 'docker' && words[0] === 'login';
}

/** The last word, after the options and their values. */
function registryOf({ words }: Command): Pick<EcrImage, 'account' | 'region' | 'registry'> | undefined {
  return words.slice(1).flatMap((word) => ecrRegistry(word) ?? [])[0];
}

function regionOf({ variables }: Command): string | undefined {
  return variables.get('AWS_REGION') ?? variables.get('AWS_DEFAULT_REGION');
}

function pushed(command: Command): EcrImage[] {
  return (pushedBy(command) ?? []).flatMap((reference) => ecrImage(reference) ?? []);
}
