import fc from '../drawn-inputs';
import { RULES } from '../../tools/preflight/rules';
import { buildspecOf } from './buildspec-of';
import { example } from './example';

const PIECES = [
  ...[
    'cd ',
    'cd backend\n',
    'git log HEAD~1 ',
    'npx cdk deploy --all ',
    'cdk synth ',
    'docker push ',
    'docker build . ',
  ],
  ...[
    'aws codebuild start-build ',
    'chmod +x ',
    './ci/push.sh ',
    'terraform apply ',
    'npm install -g aws-cdk@',
    'export TAG=',
  ],
  ...[
    '"',
    "'",
    '$(',
    ')',
    '`',
    '\\',
    '[',
    '(',
    '*',
    '{',
    ' || true',
    ' && ',
    '; ',
    ' | ',
    '> /dev/null ',
    '\n',
    '‹',
    '-',
    '--',
    '=',
  ],
];

test('whatever the commands are, no rule throws', () => {
  const entry = fc
    .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 25 })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 4 }),
      fc.array(entry, { minLength: 1, maxLength: 3 }),
      (build, after) => {
        const buildspec = buildspecOf(
          { build, post_build: { commands: after, finally: build } },
          '{exported-variables: [TAG]}',
        );
        const model = example({ buildspec, project: { Source: { GitCloneDepth: 1 } } });
        for (const rule of RULES)
          for (const { message } of rule.check(model)) expect(message).not.toContain('\n');
      },
    ),
    { numRuns: 150 },
  );
});
