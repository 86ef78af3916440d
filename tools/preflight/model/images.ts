import { matchesWildcard } from '../../iam/wildcard';
import { list, number, text, texts } from '../../values';
import type { Build } from './build';
import { type Command, option } from './command';
import type { Model } from './model';
import { pushedBy } from './release';
import { nameOf, resourcesOf } from './resources';
import type { Resource, Stack } from './stack';

/** What a reference to an image tells: `REGISTRY/REPOSITORY:TAG@DIGEST`. */
export interface ImageReference {
  /** As far as known; absent of an official image of Docker Hub. */
  readonly registry?: string;
  /** `app-backend`, or `‹LogicalId›` of one that CloudFormation names; absent where only the build knows it. */
  readonly repository?: string;
  /** As written, e.g. `latest`, `$IMAGE_TAG`; `latest` where nothing is said and there is no digest. */
  readonly tag?: string;
  readonly digest?: string;
}

/** An image that a build pushes. */
export interface Push extends ImageReference {
  readonly build: Build;
  readonly command: Command;
}

/** A repository of Amazon ECR in a template. */
export interface Repository {
  readonly stack: Stack;
  readonly resource: Resource;
  /** Its literal name, or `‹LogicalId›`. */
  readonly name: string;
  /** In the order in which they are applied. */
  readonly lifecycle: readonly LifecycleRule[];
  /** Whether what is pushed under this tag stays. */
  isImmutable(tag: string): boolean;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
export interface LifecycleRule {
  readonly tagStatus: string;
  /** Prefixes or patterns of tags; empty: all. */
  readonly tags: readonly string[];
  readonly countType: string;
  readonly countNumber: number;
}

export function pushesOf({ builds }: Model): Push[] {
  return builds.flatMap((build) =>
    build.commands.flatMap((command) =>
      pushed(command).map((image) => ({ ...imageReference(image), build, command })),
    ),
  );
}

/** As the command names them. Those of Compose have their names in its own file. */
function pushed(command: Command): readonly string[] {
  if (command.name === 'docker-compose') return [];
  const images = pushedBy(command) ?? [];
  return option(command, '--all-tags', '-a') === undefined ? images : images.map((image) => `${image}:$ALL`);
}

/** References with colons, slashes and signs of their own within `${…}`, `$(…)` and `‹…›` are read as whole. */
export function imageReference(written: string): ImageReference {
  const hidden: string[] = [];
  const marked = written.replace(
    /\$\{[^}]*\}|\$\([^)]*\)|‹[^›]*›/g,
    (found) => `\0${hidden.push(found) - 1}\0`,
  );
  const shown = (part: string | undefined): string | undefined =>
    part?.replace(/\0(\d+)\0/g, (_, index: string) => hidden[Number(index)] ?? '');
  const [name = '', digest] = marked.split('@') as [string, string?];
  const [, path = '', tag] = /^(.*?)(?::([^/:]*))?$/.exec(name) ?? [];
  const [first = '', ...rest] = path.split('/');
  // A first part with a dot, or one that only the build knows, is no part of the name.
  const hasRegistry = rest.length > 0 && /[.:\0$]|^localhost$/.test(first);
  const repository = shown(hasRegistry ? rest.join('/') : path);
  // An image that is one unknown value may be of any repository.
  const isName =
    repository !== undefined &&
    (/^[\w./-]+$/.test(repository) || (hasRegistry && /^‹\w+›$/.test(repository)));
  return {
    registry: hasRegistry ? shown(first) : undefined,
    repository: isName ? repository : undefined,
    tag: shown(tag) ?? (digest === undefined ? 'latest' : undefined),
    digest: shown(digest),
  };
}

/** Whether it may lie in Amazon ECR's private registry: a name of AWS's, or one that only the build knows. */
export function isOfEcr({ registry }: ImageReference): boolean {
  if (registry === undefined) return false;
  return /\.dkr[.-]ecr\./.test(registry) || /^\$\{?\w*(?:ECR|REGISTRY|ACCOUNT)\w*\}?$/i.test(registry);
}

export function repositoriesOf({ stacks }: Pick<Model, 'stacks'>): Repository[] {
  return resourcesOf(stacks, 'AWS::ECR::Repository').map(({ stack, resource }) => {
    const { properties } = resource;
    const mutability = text(properties, 'ImageTagMutability') ?? 'MUTABLE';
    const exceptions = list(properties, 'ImageTagMutabilityExclusionFilters').map(
      (filter) => text(filter, 'ImageTagMutabilityExclusionFilterValue') ?? '',
    );
    return {
      stack,
      resource,
      name: nameOf(resource, 'RepositoryName'),
      lifecycle: lifecycleOf(text(properties, 'LifecyclePolicy', 'LifecyclePolicyText')),
      isImmutable: (tag) =>
        mutability.startsWith('IMMUTABLE') !==
        (mutability.endsWith('_WITH_EXCLUSION') &&
          exceptions.some((pattern) => matchesWildcard(pattern, tag))),
    };
  });
}

function lifecycleOf(policy: string | undefined): LifecycleRule[] {
  let rules: readonly unknown[] = [];
  try {
    rules = list(JSON.parse(policy ?? '{}'), 'rules');
  } catch {
    // With values that only the deployment knows.
  }
  const priority = (rule: unknown): number => number(rule, 'rulePriority') ?? 0;
  return [...rules]
    .sort((one, other) => priority(one) - priority(other))
    .map((rule) => ({
      tagStatus: text(rule, 'selection', 'tagStatus') ?? '',
      tags: [...texts(rule, 'selection', 'tagPrefixList'), ...texts(rule, 'selection', 'tagPatternList')],
      countType: text(rule, 'selection', 'countType') ?? '',
      countNumber: number(rule, 'selection', 'countNumber') ?? Infinity,
    }));
}
