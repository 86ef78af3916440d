import path from 'node:path';
import { copiedBy } from '../model/copied';
import { folderOf } from '../model/docker-build';
import { type Dockerfile, lineage } from '../model/dockerfile';
import { sourceOf } from '../model/image-source';
import { mentions } from '../model/mentions';
import type { Model } from '../model/model';
import { type SettingsClass, settingsIn } from '../model/python-settings';
import type { Container } from '../model/service';
import type { Found, Rule } from '../rule';

export const unsetSetting: Rule = {
  id: 'F83',
  name: 'unset-setting',
  title: 'The application wants a setting that its task does not give',
  awsError: 'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings … Field required',
  cause:
    'pydantic reads settings from environment variables of the same name, and refuses to go on without those that have no default',
  fix: "add the variable to the container's environment or secrets, or give the field a default",
  link: 'https://docs.pydantic.dev/latest/concepts/pydantic_settings/',
  *check(model: Model): Iterable<Found> {
    for (const { taskDefinition } of model.services) {
      for (const container of taskDefinition?.containers ?? []) {
        const image = sourceOf(container, model);
        if (!taskDefinition || !image) continue;
        const { dockerfile } = image;
        const given = variablesOf(container, dockerfile);
        for (const file of modulesOf(dockerfile, model)) {
          for (const settings of settingsIn(model.source.read(file) ?? '')) {
            const missing = missingOf(settings, given, file, dockerfile, model);
            if (!missing.length) continue;
            yield {
              // Whether this container makes one of the class is known only when it runs.
              level: 'warning',
              place: { file, line: missing[0]?.line ?? 1 },
              message: `${settings.name} needs ${missing.map(({ name }) => name).join(', ')}, which the container ${container.name} of ${taskDefinition.resource.place.resource ?? taskDefinition.family} is not given`,
            };
          }
        }
      }
    }
  },
};

/** In lower case, as pydantic compares them: those of the task, and those of the image. */
function variablesOf({ environment, secrets }: Container, { stages }: Dockerfile): ReadonlySet<string> {
  const last = stages.at(-1);
  const own = (last ? lineage(stages, last) : []).flatMap(({ keyword, rest }) => {
    if (keyword !== 'ENV') return [];
    const pairs = [...rest.matchAll(/(?:^|\s)(\w+)=/g)].map(([, name = '']) => name);
    return pairs.length ? pairs : [rest.split(/\s/)[0] ?? ''];
  });
  return new Set(
    [...[...environment, ...secrets].map(({ name }) => name), ...own].map((name) => name.toLowerCase()),
  );
}

/** The Python modules that the image has. */
function modulesOf({ stages, contexts, path: file, ignore }: Dockerfile, { source }: Model): string[] {
  const context = contexts[0] ?? folderOf(file);
  const copied = stages.flatMap(({ instructions }) =>
    instructions.flatMap((one) => copiedBy(one, context, source, ignore)),
  );
  return [...new Set(copied)].filter(
    (one) => one.endsWith('.py') && !/(?:^|\/)(?:tests?\/|test_|conftest)/.test(one),
  );
}

function missingOf(
  { required, envFiles }: SettingsClass,
  given: ReadonlySet<string>,
  file: string,
  dockerfile: Dockerfile,
  { source, builds }: Model,
): { name: string; line: number }[] {
  const context = dockerfile.contexts[0] ?? folderOf(dockerfile.path);
  const texts = envFiles.flatMap((name) =>
    [path.posix.join(context, name), path.posix.join(folderOf(file), name)].flatMap(
      (one) => source.read(one) ?? [],
    ),
  );
  const inFiles = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/^\s*(?:export\s+)?(\w+)\s*=/gm)].map(([, name = '']) => name.toLowerCase()),
    ),
  );
  // The build may write what it copies.
  if (envFiles.some((name) => builds.some((build) => mentions(build, name)))) return [];
  // A script that starts the application may set anything.
  const scripts = dockerfile.stages
    .at(-1)
    ?.instructions.some(
      ({ keyword, rest }) =>
        /^(?:CMD|ENTRYPOINT)$/.test(keyword) && /\.sh\b|chamber|doppler|aws-vault/.test(rest),
    );
  if (scripts) return [];
  return required.flatMap(({ variables, line }) => {
    const [name = ''] = variables;
    const known = variables.some((one) => {
      const lower = one.toLowerCase();
      // `DATABASE__URL` is a part of `database`.
      return (
        given.has(lower) || inFiles.has(lower) || [...given].some((other) => other.startsWith(`${lower}__`))
      );
    });
    return known ? [] : [{ name: name.toUpperCase() === name ? name : name.toUpperCase(), line }];
  });
}
