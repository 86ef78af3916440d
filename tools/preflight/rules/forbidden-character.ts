import type { Problem } from '../../buildspec/buildspec';
import { buildspecsOf } from '../model/buildspec-file';
import { quotedEntry } from '../model/quoted-entry';
import type { Found, Rule } from '../rule';

export const forbiddenCharacter: Rule = {
  id: 'F14',
  name: 'forbidden-character',
  title: 'A tab, or another character with which nothing in YAML may begin',
  awsError: 'YAML_FILE_ERROR Message: found character that cannot start any token at line 3',
  cause: 'YAML is indented with blanks only, and a text that begins with @ or a backtick must be quoted',
  fix: 'replace each tab at the beginning of a line by two blanks',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-syntax',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      for (const problem of buildspec.problems.filter(isForbiddenCharacter)) {
        const { line, message } = problem;
        const text = buildspec.lineAt(line);
        const hasTab = /^ *\t/.test(text);
        const entry = quotedEntry(text);
        yield {
          level: 'error',
          place: buildspec.placeAt(line),
          message: hasTab
            ? `the line is indented with a tab${buildspec.told(line)}: ${buildspec.shown(line)}`
            : `the text begins with a character that YAML keeps for itself${buildspec.told(line)}: ${buildspec.shown(line)}`,
          awsError: `YAML_FILE_ERROR Message: ${message}`,
          fix: hasTab ? undefined : entry && `quote the whole entry: ${entry}`,
        };
      }
    }
  },
};

export function isForbiddenCharacter({ kind, message }: Problem): boolean {
  return kind === 'syntax' && message.startsWith('found character that cannot start any token');
}
