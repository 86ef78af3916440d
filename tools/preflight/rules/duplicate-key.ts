import { buildspecsOf } from '../model/buildspec-file';
import type { Found, Rule } from '../rule';

export const duplicateKey: Rule = {
  id: 'F20',
  name: 'duplicate-key',
  title: 'A key that stands twice',
  cause: 'of two equal keys of a map the last one counts, and all below the first is ignored without a word',
  fix: 'merge the two',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-syntax',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      for (const { key, line, firstLine, same } of buildspec.duplicates) {
        yield {
          level: same ? 'warning' : 'error',
          place: buildspec.placeAt(line),
          message: same
            ? `${key} stands twice${buildspec.told(line)}, in line ${firstLine} too, with the same below it`
            : `${key} stands twice${buildspec.told(line)}: what line ${firstLine} says of it is ignored`,
          fix: `merge it into line ${firstLine}`,
        };
      }
    }
  },
};
