import type { Command } from '../model/command';
import { dockerBuilds } from '../model/docker-build';
import type { Model } from '../model/model';
import type { Found, Rule } from '../rule';

export const cacheExport: Rule = {
  id: 'F47',
  name: 'cache-export',
  title: 'The layer cache is exported by a builder, or to a registry, that cannot',
  awsError: 'ERROR: Cache export is not supported for the docker driver.',
  cause:
    "the default builder of CodeBuild's images exports inline caches only, and ECR takes a cache only as an image manifest",
  fix: 'docker buildx create --use --driver docker-container',
  link: 'https://docs.docker.com/build/cache/backends/',
  *check(model: Model): Iterable<Found> {
    for (const build of model.builds) {
      for (const [i, command] of build.commands.entries()) {
        for (const cache of cachesOf(command, model)) {
          if (cache.type !== 'inline' && !hasBuilder(build.commands.slice(0, i), command)) {
            const managed = build.project?.environment.image.startsWith('aws/codebuild/') ?? false;
            yield {
              // Another image may have a daemon with containerd's image store.
              level: managed ? 'error' : 'warning',
              place: command.place,
              message: `--cache-to type=${cache.type} needs a builder of its own: the default one cannot`,
            };
          }
          yield* refusedByRegistry(cache, command);
        }
      }
    }
  },
};

interface Cache {
  readonly type: string;
  readonly ref: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
}

/** https://docs.docker.com/reference/cli/docker/buildx/build/#cache-to */
function cachesOf(command: Command, { source }: Model): Cache[] {
  return dockerBuilds(command, source).flatMap(({ options }) =>
    (options.get('--cache-to') ?? []).flatMap((text) => {
      // A variable may be anything.
      if (/^[$`]/.test(text)) return [];
      const pairs = text.split(',').map((pair): [string, string] => {
        const [, key = '', value = ''] = /^\s*([^=]*)=?(.*?)\s*$/.exec(pair) ?? [];
        return [key, value];
      });
      const attributes = new Map(pairs);
      // A bare name is a registry's.
      const bare = pairs.length === 1 && !text.includes('=');
      const type = bare ? 'registry' : (attributes.get('type') ?? '');
      if (/[$`]/.test(type)) return [];
      return [{ type, ref: bare ? text : (attributes.get('ref') ?? ''), attributes, text }];
    }),
  );
}

/** Whether another builder was made or chosen, as far as can be seen. */
function hasBuilder(before: readonly Command[], { words, variables }: Command): boolean {
  return (
    variables.has('BUILDX_BUILDER') ||
    words.some((word) => /^--builder\b/.test(word)) ||
    before.some(
      ({ name, words: [first, second], text }) =>
        (name === 'docker' && first === 'buildx' && (second === 'create' || second === 'use')) ||
        /BUILDX_BUILDER|containerd/.test(text),
    )
  );
}

/** https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/ */
function* refusedByRegistry({ type, ref, attributes, text }: Cache, { place }: Command): Iterable<Found> {
  if (type !== 'registry' || !/\.dkr\.ecr\./.test(ref)) return;
  const refused =
    attributes.get('image-manifest') === 'false' || attributes.get('oci-mediatypes') === 'false';
  // On by itself since BuildKit 0.21.
  if (!refused && attributes.has('image-manifest')) return;
  yield {
    level: refused ? 'error' : 'warning',
    place,
    message: `${ref} is in ECR, which takes a cache only with image-manifest=true${refused ? ' and oci-mediatypes=true' : '; BuildKit before 0.21 does not set it'}`,
    fix: `--cache-to ${text.replace(/,(?:image-manifest|oci-mediatypes)=\w+/g, '')},image-manifest=true,oci-mediatypes=true`,
    awsError: 'error writing manifest blob: failed commit on ref: unexpected status: 400 Bad Request',
  };
}
