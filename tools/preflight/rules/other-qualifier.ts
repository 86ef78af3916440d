import { at, text, texts } from '../../values';
import { listOf, statementsOf } from '../../iam/policy';
import { cdkCall } from '../model/cdk-call';
import { type Command, option, options } from '../model/command';
import type { Model } from '../model/model';
import type { Role } from '../model/role';
import type { Rule } from '../rule';

const KEY = '@aws-cdk/core:bootstrapQualifier';

export const otherQualifier: Rule = {
  id: 'F60',
  name: 'other-qualifier',
  title: 'The app asks for another bootstrap than the build may use',
  awsError:
    'SSM parameter /cdk-bootstrap/QUALIFIER/version not found. Has the environment been bootstrapped?',
  cause:
    "the names of the bootstrap's roles and of its version begin with a qualifier; the CDK app, cdk bootstrap and the role of the build have to name the same",
  fix: `set "${KEY}" in the context of cdk.json to the qualifier that the environment was bootstrapped with`,
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html',
  *check(model) {
    for (const { project, commands } of model.builds) {
      const allowed = project?.role ? qualifiersOf(project.role) : undefined;
      for (const command of commands) {
        if (cdkCall(command)?.action !== 'deploy') continue;
        const wanted = qualifierOf(command, model);
        if (!wanted) continue;
        const bootstrapped = commands
          .filter((other) => cdkCall(other)?.action === 'bootstrap' && other.cwd === command.cwd)
          .map((other) => option(other, '--qualifier'))
          .find((qualifier) => typeof qualifier === 'string' && !/[$\`]/.test(qualifier));
        const others =
          typeof bootstrapped === 'string' && bootstrapped !== wanted.qualifier
            ? `cdk bootstrap makes ${bootstrapped}`
            : allowed && !allowed.includes(wanted.qualifier)
              ? `the role ${project?.role?.name} may assume the roles of ${allowed.join(', ')}`
              : undefined;
        if (others === undefined) continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `cdk deploy asks for the bootstrap ${wanted.qualifier} (${wanted.from}), and ${others}`,
          awsError: `SSM parameter /cdk-bootstrap/${wanted.qualifier}/version not found. Has the environment been bootstrapped?`,
        };
      }
    }
  },
};

/** What the app's cdk.json, or the command, asks for. A synthesizer in its code may ask for another one, hence no error. */
function qualifierOf(command: Command, { source }: Model): { qualifier: string; from: string } | undefined {
  const given = options(command, '--context', '-c').find((pair) => pair.startsWith(`${KEY}=`));
  if (given !== undefined) return { qualifier: given.slice(KEY.length + 1), from: '--context' };
  if (command.cwd === undefined || option(command, '--app', '-a') !== undefined) return undefined;
  const file = command.cwd === '' ? 'cdk.json' : `${command.cwd}/cdk.json`;
  const written = source.read(file);
  if (written === undefined) return undefined;
  try {
    const told = text(at(JSON.parse(written), 'context', KEY));
    if (told !== undefined) return { qualifier: told, from: file };
  } catch {
    return undefined;
  }
  const inCode = [...source.files.keys()].some(
    (name) =>
      name.startsWith(command.cwd === '' ? '' : `${command.cwd}/`) &&
      /\.(ts|js|mjs|py|java|cs|go)$/.test(name) &&
      /qualifier/i.test(source.read(name) ?? ''),
  );
  return inCode ? undefined : { qualifier: 'hnb659fds', from: `${file} names none` };
}

/** Undefined where it may assume others, too, or nobody knows. */
function qualifiersOf({ policies, unread }: Role): string[] | undefined {
  if (unread.length) return undefined;
  const assumable = policies
    .flatMap(({ document }) => statementsOf(document))
    .filter(
      ({ Effect, Action }) =>
        Effect === 'Allow' && listOf(Action).some((one) => /^(\*|sts:(\*|assume))/i.test(one)),
    )
    .flatMap((statement) => texts(statement, 'Resource'));
  const found = assumable.map((arn) => /:role\/cdk-([a-z0-9]+)-/.exec(arn)?.[1]);
  if (
    !found.length ||
    assumable.some((arn) => /[*?‹]/.test(arn.split(':role/')[1]?.split('-role-')[0] ?? '*'))
  )
    return undefined;
  const qualifiers = [...new Set(found.flatMap((one) => one ?? []))];
  return qualifiers.length ? qualifiers : undefined;
}
