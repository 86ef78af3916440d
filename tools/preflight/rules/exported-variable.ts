import type { Build } from '../model/build';
import type { Model } from '../model/model';
import type { Pipeline } from '../model/pipeline';
import { pathFrom } from '../model/words';
import type { Found, Rule } from '../rule';

/** Set by CodeBuild or the image. https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html */
const GIVEN = /^(?:CODEBUILD_\w+|HOME|PATH|PWD|HOSTNAME)$/;

export const exportedVariable: Rule = {
  id: 'F29',
  name: 'exported-variable',
  title: 'An exported variable has no value, or is not exported',
  cause:
    'CodeBuild exports what the variable is in the shell of the build when post_build ends: a script, a subshell or a pipe sets its own copy, and AWS_ variables and secrets are not exported at all',
  fix: 'set it in the buildspec itself: X="$(script.sh)" && export X',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env.exported-variables',
  *check({ builds, pipelines, source }): Iterable<Found> {
    for (const build of builds) {
      const readers = pipelines.filter(({ actions }) =>
        actions.some(({ project }) => project && project === build.project),
      );
      for (const [i, name] of build.buildspec.content.exportedVariables.entries()) {
        const why = whyEmpty(name, build, source);
        if (why === undefined) continue;
        const isTaken = readers.some(({ actions }) =>
          taken(actions).some((reference) => reference.name === name),
        );
        yield {
          // It may have a value from the environment of an image.
          level: isTaken && why.isCertain ? 'error' : 'warning',
          place: build.buildspec.placeOf('env', 'exported-variables', i),
          message: `${name} ${why.message}`,
          fix: why.fix,
        };
      }
    }
    for (const pipeline of pipelines) yield* notExported(pipeline, builds);
  },
};

function whyEmpty(
  name: string,
  { project, buildspec, commands }: Build,
  source: Model['source'],
): { message: string; fix: string; isCertain: boolean } | undefined {
  const { content } = buildspec;
  const given = project?.environment.variables.find((variable) => variable.name === name);
  if (name.startsWith('AWS_')) {
    return {
      message: 'is not exported: names that begin with AWS_ never are',
      fix: `export it by another name: ${name.replace(/^AWS_/, '')}="$${name}" && export ${name.replace(/^AWS_/, '')}`,
      isCertain: true,
    };
  }
  if (given && given.type !== 'PLAINTEXT') {
    return {
      message: `is not exported: it is a secret of the project (${given.type})`,
      fix: 'let the later action take the secret by its name, too',
      isCertain: true,
    };
  }
  const isGiven = given !== undefined || GIVEN.test(name);
  const isWritten = [content.variables, content.parameterStore, content.secretsManager].some((map) =>
    Object.hasOwn(map, name),
  );
  if (isGiven || isWritten || content.version === '0.1') return undefined;
  const here = commands.filter(({ inBuildShell }) => inBuildShell);
  if (
    here.some(
      ({ sets, text }) => sets.includes(name) || text.includes(`{${name}:=`) || text.includes(`{${name}=`),
    )
  )
    return undefined;
  // What is evaluated, or sourced without being here, may set anything.
  const mayBeSet = here.some((command) => {
    if (command.name === 'eval') return true;
    if (command.name !== 'source' && command.name !== '.') return false;
    const file = pathFrom(command.cwd, command.words[0] ?? '');
    return file === undefined || source.read(file) === undefined;
  });
  if (mayBeSet) return undefined;
  const elsewhere = commands.find(({ sets }) => sets.includes(name));
  // The project may set what nothing here does.
  if (!elsewhere && !project) return undefined;
  return elsewhere
    ? {
        message: `is set in ${elsewhere.place.file}:${elsewhere.place.line} only, by a shell of its own, so the build does not have it`,
        fix: `print it there, and set it in the buildspec: ${name}="$(…)" && export ${name}`,
        isCertain: true,
      }
    : {
        message: 'is set nowhere in the buildspec or by the project',
        fix: `set it before the end of post_build: ${name}="…" && export ${name}; or take it out of exported-variables`,
        isCertain: false,
      };
}

interface Reference {
  readonly namespace: string;
  readonly name: string;
}

/** The variables of other actions that these take. https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html */
function taken(actions: Pipeline['actions']): Reference[] {
  const written = JSON.stringify(actions.map(({ configuration }) => configuration));
  return [...written.matchAll(/#\{([\w@-]+)\.(\w+)\}/g)].map(([, namespace, name]) => ({
    namespace: namespace!,
    name: name!,
  }));
}

function* notExported({ actions, resource }: Pipeline, builds: readonly Build[]): Iterable<Found> {
  for (const { namespace, name } of taken(actions)) {
    const from = actions.find((action) => action.namespace === namespace);
    const build = from?.project && builds.find(({ project }) => project === from.project);
    if (!from || !build || build.buildspec.problems.length) continue;
    if (build.buildspec.content.exportedVariables.includes(name)) continue;
    yield {
      level: 'error',
      place: resource.place,
      message: `an action takes #{${namespace}.${name}}, but ${build.buildspec.place.file}, with which ${from.name} builds, does not export ${name}`,
      awsError: `An action in this pipeline references a variable that is not valid: #{${namespace}.${name}}`,
      fix: `add - ${name} to exported-variables of ${build.buildspec.place.file}`,
    };
  }
}
