import { buildspecsOf } from '../model/buildspec-file';
import { quotedEntry } from '../model/quoted-entry';
import type { Found, Rule } from '../rule';

export const unquotedColon: Rule = {
  id: 'F12',
  name: 'unquoted-colon',
  title: 'A command with a colon and a blank is no command to YAML',
  awsError:
    'YAML_FILE_ERROR Message: Expected Commands[2] to be of string type: found subkeys instead at line 40, value of the key tag on line 39 might be empty',
  cause:
    'a colon followed by a blank makes a key of what stands before it, and a map of a command that is not quoted; the build ends before its first command',
  fix: `quote the whole command, e.g. - 'echo "Done: all of it"'`,
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-syntax',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      for (const { kind, line, message } of buildspec.problems) {
        if (kind !== 'subkeys') continue;
        const entry = quotedEntry(buildspec.lineAt(line));
        yield {
          level: 'error',
          place: buildspec.placeAt(line),
          message: `a command is read as a map of keys${buildspec.told(line)}: ${buildspec.shown(line)}`,
          awsError: `YAML_FILE_ERROR Message: ${message}`,
          fix: entry && `quote the whole command: ${entry}`,
        };
      }
    }
  },
};
