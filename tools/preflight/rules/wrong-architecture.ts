import type { Build } from '../model/build';
import { type DockerBuild, dockerBuilds } from '../model/docker-build';
import { imageName } from '../model/image-name';
import { mentions } from '../model/mentions';
import type { Model } from '../model/model';
import type { Place } from '../model/place';
import { programsOf } from '../model/run';
import type { Service } from '../model/service';
import type { Found, Rule } from '../rule';

export const wrongArchitecture: Rule = {
  id: 'F56',
  name: 'wrong-architecture',
  title: 'The image is built for another processor than the task runs on',
  awsError: 'exec format error',
  cause: 'docker build makes an image for the machine that it runs on, unless it is told a platform',
  fix: 'build on a project of the same architecture, or set runtimePlatform of the task definition to that of the image',
  link: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-arm64.html',
  *check(model: Model): Iterable<Found> {
    const built = model.builds.flatMap((build) => imagesOf(build, model));
    for (const service of model.services) {
      yield* ofService(service, built, model);
    }
    for (const { build, image, place, architectures } of built) {
      const host = hostOf(build);
      const [only, ...others] = architectures;
      if (!host || !only || others.length || only === host || emulates(build)) continue;
      const dockerfile = model.dockerfiles.find(({ path }) => path === image.dockerfile);
      const runs = dockerfile?.stages.some(
        ({ platform, instructions }) =>
          platform === undefined && instructions.some((one) => programsOf(one).length),
      );
      if (!runs) continue;
      yield {
        level: 'warning',
        place,
        message: `RUN of ${image.dockerfile} is for ${only}, the project is ${host}, and nothing installs an emulator`,
        fix: `build on a project of that architecture, or before it: docker run --privileged --rm tonistiigi/binfmt --install ${only === 'ARM64' ? 'arm64' : 'amd64'}`,
      };
    }
  },
};

interface Built {
  readonly build: Build;
  readonly image: DockerBuild;
  readonly place: Place;
  /** Empty where it is not known. */
  readonly architectures: readonly string[];
  readonly repositories: readonly string[];
}

function imagesOf(build: Build, { source, dockerfiles }: Model): Built[] {
  const tagged = build.commands.flatMap(({ name, words }) =>
    name === 'docker' && words[0] === 'tag' ? [words.slice(1)] : [],
  );
  return build.commands.flatMap((command) =>
    dockerBuilds(command, source).map((image): Built => {
      const tags = image.options.get('--tag') ?? [];
      const more = tagged.flatMap(([from = '', to]) => (to !== undefined && tags.includes(from) ? to : []));
      const last = dockerfiles.find(({ path }) => path === image.dockerfile)?.stages.at(-1);
      const platforms = image.options.get('--platform') ?? [
        command.variables.get('DOCKER_DEFAULT_PLATFORM') ?? last?.platform ?? hostOf(build) ?? '',
      ];
      const architectures = platforms.flatMap((one) => one.split(',')).map(architectureOf);
      return {
        build,
        image,
        place: command.place,
        architectures: architectures.includes(undefined) ? [] : architectures.flatMap((one) => one ?? []),
        repositories: [...tags, ...more].flatMap((tag) => imageName(tag)?.repository ?? []),
      };
    }),
  );
}

function* ofService(
  { taskDefinition, stack }: Service,
  built: readonly Built[],
  model: Model,
): Iterable<Found> {
  if (!taskDefinition || !/^(?:X86_64|ARM64)$/.test(taskDefinition.cpuArchitecture)) return;
  const wanted = taskDefinition.cpuArchitecture;
  const place = taskDefinition.resource.place;
  for (const { name, image } of taskDefinition.containers) {
    const repository = imageName(image)?.repository;
    if (repository === undefined) continue;
    const own = built.filter(({ repositories }) => repositories.includes(repository));
    // All of them, since any may be what runs.
    if (
      own.length &&
      own.every(({ architectures }) => architectures.length && !architectures.includes(wanted))
    ) {
      const [one] = own;
      yield {
        level: 'error',
        place,
        message: `${name} runs on ${wanted}, and ${one?.place.file}:${one?.place.line} builds ${repository} for ${one?.architectures.join(', ')}`,
      };
    }
    if (!/container-assets/.test(repository)) continue;
    const assets = stack.assets.filter(({ kind }) => kind === 'docker');
    const platforms = new Set(assets.map(({ platform }) => platform ?? ''));
    const [platform] = platforms;
    // Which asset it is cannot be told where they differ.
    if (platforms.size !== 1 || platform === undefined) continue;
    const hosts = new Set(model.builds.map(hostOf));
    const [host] = hosts.size === 1 ? hosts : [];
    const architecture = platform === '' ? host : architectureOf(platform);
    if (architecture === undefined || architecture === wanted) continue;
    yield {
      level: platform === '' ? 'warning' : 'error',
      place,
      message: `${name} runs on ${wanted}, and the CDK builds its image for ${architecture}`,
      fix: `platform: Platform.${wanted === 'ARM64' ? 'LINUX_ARM64' : 'LINUX_AMD64'} of the image asset, and a project of that architecture`,
    };
  }
}

/** Of the machine that builds. https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-compute-types.html */
function hostOf({ project }: Build): string | undefined {
  const type = project?.environment.type ?? '';
  if (/^(?:ARM_|MAC_ARM$)/.test(type)) return 'ARM64';
  return /^LINUX_/.test(type) ? 'X86_64' : undefined;
}

function architectureOf(platform: string): string | undefined {
  if (/^(?:X86_64|linux\/(?:amd64|x86_64))$/.test(platform)) return 'X86_64';
  return /^(?:ARM64|linux\/(?:arm64|aarch64)(?:\/v8)?)$/.test(platform) ? 'ARM64' : undefined;
}

function emulates(build: Build): boolean {
  return ['binfmt', 'qemu', 'buildx create'].some((word) => mentions(build, word));
}
