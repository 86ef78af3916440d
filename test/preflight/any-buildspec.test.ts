import fc from '../drawn-inputs';
import { RULES } from '../../tools/preflight/rules';
import { example } from './example';

const pieces = [
  ...['version: 0.2\n', 'version: 0.1\n', 'phases:\n', '  install:\n', '  build:\n', '    commands:\n'],
  ...[
    '    runtime-versions:\n',
    '      nodejs: ',
    'env:\n',
    '  variables:\n',
    '    PATH: $PATH\n',
    'cache:\n',
  ],
  ...[
    '  parameter-store:\n',
    '  exported-variables: [A]\n',
    'artifacts:\n',
    '  files: [',
    '  base-directory: ',
  ],
  ...[
    'reports:\n',
    '  r:\n',
    '    files: ',
    'batch: {}\n',
    '      - ',
    '"',
    "'",
    '|\n',
    '{',
    '}',
    '[',
    ']',
    ',',
  ],
  ...[
    ': ',
    '&a ',
    '*a',
    '<<: *a\n',
    '#',
    '\t',
    '\r\n',
    '\n',
    '$(',
    '`',
    '<<EOF',
    '&&',
    '||',
    ';',
    'cd ',
    'docker',
  ],
  ...['dist', '../', '/', '**/*', '3.10', '\u2039X\u203a', '\0', '\uFEFF', 'if ', 'for x in', 'aws ', 'cdk '],
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 80 })
  .map((parts) => parts.join(''));

test('whatever a buildspec says, every rule answers in lines, and none breaks', () => {
  fc.assert(
    fc.property(text, fc.boolean(), (buildspec, inline) => {
      const model = example(
        inline
          ? { project: { Source: { BuildSpec: `version: 0.2\n${buildspec}` } } }
          : { buildspec: `version: 0.2\nphases:\n  build:\n    commands:\n      - ${buildspec}` },
      );
      for (const rule of RULES) {
        for (const { place, message, fix } of rule.check(model)) {
          expect({ rule: rule.id, line: place.line > 0, message, fix }).toEqual({
            rule: rule.id,
            line: true,
            message: expect.stringMatching(/^[^\n]+$/) as string,
            fix: fix === undefined ? undefined : (expect.stringMatching(/^[^\n]+$/) as string),
          });
        }
      }
    }),
    { numRuns: 200 },
  );
});
