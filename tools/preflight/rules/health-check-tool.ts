import { ABSENT } from '../data/base-images';
import { copiedBy } from '../model/copied';
import { folderOf } from '../model/docker-build';
import { baseOf, type Dockerfile, lineage } from '../model/dockerfile';
import { imageName } from '../model/image-name';
import { sourceOf } from '../model/image-source';
import type { Model } from '../model/model';
import { execForm, programsOf } from '../model/run';
import type { Found, Rule } from '../rule';

export const healthCheckTool: Rule = {
  id: 'F82',
  name: 'health-check-tool',
  title: 'A health check calls what the image does not have',
  awsError: '(service app) failed container health checks.',
  cause:
    'the check runs within the container: without its tool it always fails, however well the application is',
  fix: 'install the tool in the image, or check with what is there',
  link: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html',
  *check(model: Model): Iterable<Found> {
    for (const { taskDefinition } of model.services) {
      for (const container of taskDefinition?.containers ?? []) {
        const source = container.healthCheck && sourceOf(container, model);
        if (!taskDefinition || !source) continue;
        const missing = missingIn(scriptOf(container.healthCheck), source.dockerfile, model);
        if (!missing) continue;
        yield {
          level: missing.certain && source.certain ? 'error' : 'warning',
          place: taskDefinition.resource.place,
          message: `the health check of ${container.name} calls ${missing.what}, which the image of ${source.dockerfile.path} does not have`,
          fix: missing.fix,
        };
      }
    }
    for (const dockerfile of model.dockerfiles) {
      const check = dockerfile.built
        ? dockerfile.stages.at(-1)?.instructions.findLast(({ keyword }) => keyword === 'HEALTHCHECK')
        : undefined;
      const script = check && /^CMD\s+([^]*)$/i.exec(check.rest)?.[1];
      const missing = script === undefined ? undefined : missingIn(script, dockerfile, model);
      if (!check || !missing) continue;
      yield {
        // ECS takes no notice of it; other machines that run the image do.
        level: 'warning',
        place: { file: dockerfile.path, line: check.line },
        message: `HEALTHCHECK calls ${missing.what}, which the image does not have`,
        fix: missing.fix,
      };
    }
  },
};

interface Missing {
  readonly what: string;
  readonly certain: boolean;
  readonly fix?: string;
}

/** Of `CMD-SHELL`, the shell's text; of `CMD`, the words as JSON, as a Dockerfile has them. */
function scriptOf([kind, ...words]: readonly string[]): string {
  return kind === 'CMD-SHELL' ? words.join(' ') : JSON.stringify(kind === 'CMD' ? words : [kind, ...words]);
}

function missingIn(script: string, dockerfile: Dockerfile, model: Model): Missing | undefined {
  const last = dockerfile.stages.at(-1);
  if (!last) return undefined;
  const base = imageName(baseOf(dockerfile.stages, last));
  const all = lineage(dockerfile.stages, last);
  // In a shell's form, there has to be a shell, too.
  const shell = execForm(script) ? [] : [{ name: 'sh', words: [] as readonly string[] }];
  const programs = [
    ...shell,
    ...programsOf({ keyword: 'RUN', rest: script, text: script, flags: {}, line: 1 }),
  ];
  const named = `${base?.repository.replace(/^(?:docker\/)?library\//, '')}${base?.tag === undefined ? '' : `:${base.tag}`}`;
  const absent = base ? (ABSENT.find(({ image }) => image.test(named))?.tools ?? []) : [];
  const tool = programs.find(({ name }) => absent.includes(name))?.name;
  const brought = (what: string): boolean =>
    all.some(({ keyword, text }) => /^(?:RUN|COPY|ADD)$/.test(keyword) && text.includes(what));
  if (tool !== undefined && !brought(tool)) {
    // A script of the image may install anything.
    const scripted = all.some((one) =>
      programsOf(one).some(({ name }) => /\.(?:sh|py)$|^(?:bash|sh|make|ansible.*)$/.test(name)),
    );
    return { what: tool, certain: !scripted, fix: installing(tool, named) };
  }
  const modules = programs
    .filter(({ name }) => /^python[\d.]*$/.test(name))
    .flatMap(({ words }) => importsOf(words[words.indexOf('-c') + 1] ?? ''));
  const known = modules.length ? installedIn(dockerfile, model) : undefined;
  const module = known && modules.find((one) => THIRD_PARTY.has(one) && !known.has(one) && !brought(one));
  if (module === undefined) return undefined;
  // Another package may bring it along.
  return {
    what: `the module ${module}`,
    certain: false,
    fix: `add ${module} to the requirements, or use urllib.request, which Python has`,
  };
}

function installing(tool: string, image: string): string | undefined {
  if (tool === 'sh' || tool === 'bash') return undefined;
  if (image.includes('alpine')) return `RUN apk add --no-cache ${tool}`;
  if (image.startsWith('amazonlinux')) return `RUN dnf install --assumeyes ${tool}`;
  return `RUN apt-get update && apt-get install --yes --no-install-recommends ${tool} && rm -rf /var/lib/apt/lists/*`;
}

/** That checks use and Python does not have. */
const THIRD_PARTY = new Set(['requests', 'httpx', 'aiohttp', 'urllib3', 'psycopg2', 'redis', 'psutil']);

function importsOf(code: string): string[] {
  return [...code.matchAll(/(?:^|[;\n])\s*(?:import|from)\s+(\w+)/g)].map(([, name = '']) => name);
}

/** What the requirements that are copied into the image name; undefined where it has packages from elsewhere, too. */
function installedIn(
  dockerfile: Dockerfile,
  { source, requirements }: Model,
): ReadonlySet<string> | undefined {
  const context = dockerfile.contexts[0] ?? folderOf(dockerfile.path);
  const copied = dockerfile.stages.flatMap(({ instructions }) =>
    instructions.flatMap((one) => copiedBy(one, context, source, dockerfile.ignore)),
  );
  if (
    copied.some((file) =>
      /(?:^|\/)(?:pyproject\.toml|Pipfile|setup\.(?:py|cfg)|environment\.ya?ml)$/.test(file),
    )
  )
    return undefined;
  const found = requirements.filter(({ path }) => copied.includes(path));
  return found.length
    ? new Set(found.flatMap(({ packages }) => packages.map(({ name }) => name)))
    : undefined;
}
