import type { Rule } from '../../../tools/preflight/rule';
import { unanchoredRef } from '../../../tools/preflight/rules/unanchored-ref';
import { branchPattern } from '../../../lib/webhook-filter';
import { example, said } from '../example';

const filtered = (pattern: string, type = 'HEAD_REF', exclude = false): string[] =>
  said(unanchoredRef, groups(pattern, type, exclude));
const groups = (
  Pattern: string,
  Type = 'HEAD_REF',
  ExcludeMatchedPattern = false,
): Record<string, unknown> => ({
  project: {
    Triggers: {
      FilterGroups: [
        [
          { Type: 'EVENT', Pattern: 'PUSH' },
          { Type, Pattern, ExcludeMatchedPattern },
        ],
      ],
    },
  },
});
const fixOf = (rule: Rule, pattern: string): string | undefined =>
  [...rule.check(example(groups(pattern)))][0]?.fix;

test.each([
  ['refs/heads/main', 'refs/heads/main-2'],
  ['^refs/heads/main', 'refs/heads/main-2'],
  ['main', 'refs/heads/main-2'],
  ['main$', 'refs/heads/not-main'],
  ['heads/main', 'refs/heads/main-2'],
  ['^refs/heads/(main|develop)', 'refs/heads/main-2'],
  ['^refs/heads/main$|^refs/heads/develop', 'refs/heads/develop-2'],
  ['^refs/heads/release-1.2$', 'refs/heads/release-1x2'],
  ['(?i)refs/heads/main', 'refs/heads/main-2'],
])('the pattern %s also starts builds of %s', (pattern, near) => {
  expect(filtered(pattern)).toEqual([
    `warning cdk.out/PipelineStack.template.json:3 app-build: the HEAD_REF pattern ${pattern} also matches ${near}`,
  ]);
});

test.each([
  '^refs/heads/main$',
  'refs/heads/main$',
  '^refs/heads/(main|develop)$',
  '^refs/heads/main$|^refs/heads/develop$',
  '^refs/heads/release-1\\.2$',
  branchPattern('feature/a+b'),
  // Meant to begin so, or to match many.
  '^refs/heads/release/',
  'refs/heads/release/.*',
  '^refs/tags/v',
  '.*',
  // Nothing that JavaScript can read.
  '^refs/heads/(?<main',
  '(',
])('the pattern %s matches what it says', (pattern) => {
  expect(filtered(pattern)).toEqual([]);
});

test('what a pattern leaves out, and what is no ref, harms nobody', () => {
  expect(filtered('refs/heads/main', 'HEAD_REF', true)).toEqual([]);
  expect(filtered('backend/', 'FILE_PATH')).toEqual([]);
  expect(filtered('refs/heads/main', 'BASE_REF')).toEqual([expect.stringContaining('the BASE_REF pattern')]);
});

test('the fix is the pattern to write, escaped', () => {
  expect(fixOf(unanchoredRef, 'refs/heads/v1.2')).toBe('write ^refs/heads/v1\\.2$');
  expect(fixOf(unanchoredRef, 'main|dev')).toBe('write ^refs/heads/(main|dev)$');
});
