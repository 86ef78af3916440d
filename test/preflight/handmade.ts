import type { Model } from '../../tools/preflight/model/model';
import type { Place } from '../../tools/preflight/model/place';
import type { Rule } from '../../tools/preflight/rule';
import type { Resource } from '../../tools/preflight/model/stack';

/** A model of files alone, all of them scripts that a build runs, and of the resources of one template. */
export function modelOfFiles(
  files: Readonly<Record<string, string>>,
  resources: readonly Partial<Resource>[] = [],
): Model {
  const commands = Object.keys(files).map((file) => ({
    place: { file, line: 1 },
    name: 'npm',
    text: 'npm ci',
    cwd: '',
  }));
  return {
    source: {
      isGit: true,
      remotes: [],
      files: new Map(),
      read: (path: string) => files[path],
      isFolder: () => false,
      isUntracked: () => false,
      ignoredBy: () => undefined,
    },
    stacks: resources.length ? [{ name: 'App', file: 'App.template.json', resources }] : [],
    projects: [],
    pipelines: [],
    roles: [],
    services: [],
    builds: [
      {
        buildspec: { form: 'inline', place: { file: 'App.template.json', line: 1 }, text: '', problems: [] },
        commands,
      },
    ],
    dockerfiles: [],
    packages: [],
    requirements: [],
  } as unknown as Model;
}

/** A rule that finds what it is told to. */
export function ruleWith(
  id: string,
  ...places: readonly (Place & { level?: 'warning'; message?: string })[]
): Rule {
  return {
    id,
    name: `rule-${id.toLowerCase()}`,
    title: `What ${id} is about`,
    awsError: `${id} failed`,
    cause: `cause of ${id}`,
    fix: `fix of ${id}`,
    link: 'https://docs.aws.amazon.com/',
    check: () =>
      places.map(({ level, message, ...place }) => ({
        level: level ?? 'error',
        place,
        message: message ?? `found by ${id}`,
      })),
  };
}
