import { composeImages, dockerBuilds } from '../model/docker-build';
import type { Build } from '../model/build';
import { positionals } from '../model/command';
import type { Dockerfile, Stage } from '../model/dockerfile';
import { imageName } from '../model/image-name';
import type { Model } from '../model/model';
import type { Place } from '../model/place';
import type { SourceTree } from '../model/source-tree';
import type { Found, Rule } from '../rule';

export const dockerHub: Rule = {
  id: 'F44',
  name: 'docker-hub',
  title: 'An image is pulled from Docker Hub without a login',
  awsError:
    'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
  cause: 'Docker Hub counts anonymous pulls by address, and builds share theirs with other accounts',
  fix: 'take it from public.ecr.aws or from a pull-through cache of ECR, or log in to Docker Hub before',
  link: 'https://docs.docker.com/docker-hub/usage/pulls/',
  *check(model: Model): Iterable<Found> {
    // Without a buildspec, nobody knows who builds.
    const open = model.builds.filter((build) => !logsIn(build));
    if (model.builds.length && !open.length) return;
    for (const dockerfile of model.dockerfiles) {
      if (!dockerfile.built || !isBuiltBy(dockerfile, open, model)) continue;
      const told = new Set<string>();
      for (const { image, line } of imagesOf(dockerfile)) {
        if (!told.has(image)) yield* anonymous(image, { file: dockerfile.path, line }, 'FROM ');
        told.add(image);
      }
    }
    for (const build of open) {
      const { project } = build;
      if (project) yield* anonymous(project.environment.image, project.resource.place, '');
      for (const { image, place } of pulledBy(build, model.source)) yield* anonymous(image, place, '');
    }
  },
};

const DOCKER = new Set(['docker', 'podman', 'nerdctl', 'finch']);

function* anonymous(image: string, place: Place, before: string): Iterable<Found> {
  const name = /^aws\/codebuild\//.test(image) ? undefined : imageName(image);
  if (name?.registry !== 'docker.io') return;
  const [, official] = /^library\/([^/]+)$/.exec(name.repository) ?? [];
  // ECR's public gallery has a copy of each of Docker's official images.
  const copy = `public.ecr.aws/docker/library/${official}:${name.tag ?? 'latest'}`;
  yield {
    level: 'warning',
    place,
    message: `${image} comes from Docker Hub, without a login`,
    fix: official === undefined || image.includes('@') ? undefined : `${before}${copy}`,
  };
}

/** To Docker Hub, or to what may be it; or a mirror stands in for it. */
function logsIn({ buildspec, commands }: Build): boolean {
  const mirrored = (text: string): boolean => /registry-mirror|mirror\.gcr\.io/.test(text);
  return (
    mirrored(buildspec.text) ||
    commands.some(({ name, words, text }) => {
      if (mirrored(text)) return true;
      if (!DOCKER.has(name) || words[0] !== 'login') return false;
      // Of ECR, whatever its address.
      if (words.includes('AWS') || words.includes('--username=AWS')) return false;
      const server = serverOf(words.slice(1));
      return (
        server === undefined ||
        /^(?:https:\/\/)?(?:[\w-]+\.)?docker\.io\b/.test(server) ||
        /^[$`]/.test(server)
      );
    })
  );
}

function serverOf(words: readonly string[]): string | undefined {
  const isValue = (i: number): boolean => /^(?:-u|--username|-p|--password)$/.test(words[i - 1] ?? '');
  return words.find((word, i) => !word.startsWith('-') && !isValue(i));
}

/** Whether one of the builds may build it. */
function isBuiltBy({ path }: Dockerfile, builds: readonly Build[], { source, builds: all }: Model): boolean {
  const names = (build: Build): boolean =>
    build.commands.some((command) =>
      dockerBuilds(command, source).some(({ dockerfile }) => dockerfile === path),
    );
  return all.some(names) ? builds.some(names) : true;
}

/** That a Dockerfile pulls, each with its line: those it starts from, copies from or mounts. */
function imagesOf({ stages }: Dockerfile): { image: string; line: number }[] {
  return stages.flatMap((stage, i) => {
    const before = stages.slice(0, i);
    const copied = stage.instructions.flatMap(({ keyword, flags, line }) => {
      const [, mounted] = /(?:^|,)from=([^,]+)/.exec(flags.mount ?? '') ?? [];
      const image = keyword === 'COPY' ? flags.from : mounted;
      return image === undefined || isStage(image, [...before, stage]) ? [] : [{ image, line }];
    });
    const own =
      isStage(stage.from, before) || stage.from === 'scratch'
        ? []
        : [{ image: stage.from, line: stage.line }];
    return [...own, ...copied];
  });
}

function isStage(name: string, stages: readonly Stage[]): boolean {
  return /^\d+$/.test(name) || stages.some((stage) => stage.name === name.toLowerCase());
}

/** Of `docker pull` and `docker run`, and those of the services that compose starts; not those that the build makes. */
function* pulledBy({ commands }: Build, source: SourceTree): Iterable<{ image: string; place: Place }> {
  const made = new Set(
    commands.flatMap((command) =>
      dockerBuilds(command, source).flatMap(({ options }) => options.get('--tag') ?? []),
    ),
  );
  for (const command of commands) {
    const [verb, image] = DOCKER.has(command.name) ? positionals(command) : [];
    const pulled = verb === 'pull' || verb === 'run' ? [image ?? ''] : composeImages(command, source);
    for (const one of pulled) {
      if (!made.has(one) && !made.has(`${one}:latest`)) yield { image: one, place: command.place };
    }
  }
}
