import { type BuildspecFile, buildspecsOf } from '../model/buildspec-file';
import type { Found, Rule } from '../rule';

export const emptySection: Rule = {
  id: 'F15',
  name: 'empty-section',
  title: 'A key of the buildspec with nothing in it',
  awsError: 'YAML_FILE_ERROR Message: Expected ParameterStore to be non-empty',
  cause:
    'every entry below the key is commented out, or was taken away, and CodeBuild refuses the empty rest',
  fix: 'comment the key out together with its entries',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec-ref-syntax',
  *check(model): Iterable<Found> {
    for (const buildspec of buildspecsOf(model)) {
      for (const { kind, line, message } of buildspec.problems) {
        if (kind !== 'empty' && kind !== 'required') continue;
        if (message === 'Expected Files to be non-empty in artifacts' && areSecondaryOnly(buildspec))
          continue;
        const [key] = /^[\w-]+:/.exec(buildspec.shown(line)) ?? [];
        yield {
          // That CodeBuild requires a list is documented; what it says where there is none is not.
          level: kind === 'empty' ? 'error' : 'warning',
          place: buildspec.placeAt(line),
          message: `${message.replace('Expected ', 'expected ')}${buildspec.told(line)}`,
          awsError: `YAML_FILE_ERROR Message: ${message}`,
          fix: kind === 'empty' && key ? `comment the key out as well: # ${key}` : undefined,
        };
      }
    }
  },
};

/** Of a pipeline's project, they need no primary ones beside them. */
function areSecondaryOnly(buildspec: BuildspecFile): boolean {
  return buildspec.has('artifacts', 'secondary-artifacts') && !buildspec.has('artifacts', 'files');
}
