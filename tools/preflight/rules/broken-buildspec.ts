import { BUILDSPEC_PHASES } from '../../buildspec/buildspec';
import { buildspecsOf } from '../model/buildspec-file';
import { quotedEntry } from '../model/quoted-entry';
import type { Found, Rule } from '../rule';
import { isForbiddenCharacter } from './forbidden-character';

export const brokenBuildspec: Rule = {
  id: 'F13',
  name: 'broken-buildspec',
  title: 'The buildspec is no YAML, or has not the shape of a buildspec',
  awsError: "YAML_FILE_ERROR Message: did not find expected ',' or ']' at line 19",
  cause: 'CodeBuild reads the buildspec before it runs the first command of it, and gives up where it cannot',
  fix: 'correct the line; a text that begins with [, {, *, &, !, %, @ or a backtick must be quoted',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-syntax',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      for (const problem of buildspec.problems) {
        const { kind, line, message } = problem;
        if (!['syntax', 'structure', 'value'].includes(kind) || isForbiddenCharacter(problem)) continue;
        const text = buildspec.shown(line);
        const entry = kind === 'syntax' ? quotedEntry(buildspec.lineAt(line)) : undefined;
        yield {
          level: kind === 'value' ? 'warning' : 'error',
          place: buildspec.placeAt(line),
          message: `${message}${buildspec.told(line)}${kind === 'syntax' && text ? `: ${text}` : ''}`,
          // Of a value that is not documented nobody knows what CodeBuild says.
          awsError: kind === 'value' ? 'YAML_FILE_ERROR' : `YAML_FILE_ERROR Message: ${message}`,
          fix: entry ? `quote the whole entry: ${entry}` : fixOf(message),
        };
      }
    }
  },
};

function fixOf(message: string): string | undefined {
  if (message.startsWith('invalid buildspec `version`')) return 'version: 0.2';
  if (message === 'Missing phases') return 'phases: with at least build: and its commands:';
  const [, phase] = /^Invalid buildspec phase name: (.*)\. Expecting/.exec(message) ?? [];
  if (phase === undefined) return undefined;
  if (['artifacts', 'batch', 'cache', 'env', 'proxy', 'reports'].includes(phase))
    return `${phase}: belongs beside phases:, so it is indented too deeply`;
  const meant = BUILDSPEC_PHASES.find(
    (one) => one.replace('_', '') === phase.toLowerCase().replace(/[_-]/g, ''),
  );
  if (meant) return `${meant}:`;
  return 'the phases are install, pre_build, build and post_build; put the commands into one of them';
}
