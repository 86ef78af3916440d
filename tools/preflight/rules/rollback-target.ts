import { options } from '../model/command';
import { imageReference, type LifecycleRule, pushesOf, repositoriesOf } from '../model/images';
import type { Model } from '../model/model';
import type { Rule } from '../rule';

export const rollbackTarget: Rule = {
  id: 'F57',
  name: 'rollback-target',
  title: 'The image to go back to may have expired',
  awsError: 'CannotPullContainerError: pull image manifest has been retried 7 time(s): image not found',
  cause:
    'the lifecycle policy keeps so few images, or counts caches among them, that the one before the last is deleted',
  fix: 'count tagged images only, and keep more than one; give caches a repository of their own, or a rule of their own before',
  link: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html',
  *check(model) {
    const caches = cachesOf(model);
    const pushed = new Set(pushesOf(model).map(({ repository }) => repository));
    for (const { name, resource, lifecycle } of repositoriesOf(model)) {
      const counting = lifecycle.filter(
        ({ tagStatus, tags, countType }) =>
          countType === 'imageCountMoreThan' &&
          (tagStatus === 'any' || (tagStatus === 'tagged' && tags.every((tag) => tag === '' || tag === '*'))),
      );
      for (const rule of counting) {
        if (rule.countNumber < 2 && pushed.has(name)) {
          yield {
            level: 'warning',
            place: resource.place,
            message: `${name} keeps ${rule.countNumber} image: the one that a rollback needs is deleted as soon as the next is pushed`,
            fix: 'countNumber: 10',
          };
        }
        const cache = caches.find(({ repository }) => repository === name);
        if (cache && !hasRuleBefore(lifecycle, rule, cache.tag)) {
          yield {
            level: 'warning',
            place: resource.place,
            message: `${name} keeps ${rule.countNumber} images, and the cache that ${cache.place.file}:${cache.place.line} pushes to ${cache.tag} counts as one, with every manifest that it leaves untagged`,
          };
        }
      }
    }
  },
};

/** Build caches of BuildKit that go to a registry. https://docs.docker.com/build/cache/backends/registry/ */
function cachesOf({ builds }: Model) {
  return builds.flatMap(({ commands }) =>
    commands.flatMap((command) =>
      options(command, '--cache-to').flatMap((cache) => {
        const [, ref] = /(?:^|,)ref=([^,]+)/.exec(cache) ?? [];
        const { repository, tag = 'latest' } = ref === undefined ? {} : imageReference(ref);
        return repository === undefined ? [] : [{ repository, tag, place: command.place }];
      }),
    ),
  );
}

/** An image that a rule of higher priority has taken is not seen by later ones. */
function hasRuleBefore(rules: readonly LifecycleRule[], rule: LifecycleRule, tag: string): boolean {
  const before = rules.slice(0, rules.indexOf(rule));
  const takesCache = before.some(({ tags }) =>
    tags.some((each) => each && tag.startsWith(each.replace(/\*.*$/, ''))),
  );
  return (
    takesCache && (rule.tagStatus === 'tagged' || before.some(({ tagStatus }) => tagStatus === 'untagged'))
  );
}
