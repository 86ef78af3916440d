import { dockerBuilds } from '../model/docker-build';
import type { Build } from '../model/build';
import type { Command } from '../model/command';
import type { Dockerfile, Stage } from '../model/dockerfile';
import { imageName } from '../model/image-name';
import type { Model } from '../model/model';
import type { Place } from '../model/place';
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
      const { project, commands } = build;
      if (project) yield* anonymous(project.environment.image, project.resource.place, '');
      for (const command of commands) {
        for (const image of pulledBy(command)) yield* anonymous(image, command.place, '');
      }
    }
  },
};

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
      if (!['docker', 'podman', 'nerdctl', 'finch'].includes(name) || words[0] !== 'login') return false;
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

/** Of `docker pull` and `docker run`. */
function pulledBy({ name, words }: Command): string[] {
  if (!['docker', 'podman', 'nerdctl', 'finch'].includes(name)) return [];
  const [verb, ...rest] = words[0] === 'image' || words[0] === 'container' ? words.slice(1) : words;
  if (verb === 'pull') return rest.filter((word) => !word.startsWith('-')).slice(-1);
  return [];
}
