import { checked } from '../../tools/preflight/check';
import { printed, toJson, type Unneeded } from '../../tools/preflight/report';
import type { Rule } from '../../tools/preflight/rule';
import { modelOfFiles, ruleWith } from './handmade';

const FILES = {
  'buildspec.yml': 'version: 0.2\nphases:\n  build:\n    commands:\n      - docker push $IMAGE || true\n',
  'ci/a.sh': '\tnpm ci --token ghp_0123456789012345678901234567890123456789\x1b[2J\r\nnpm test\n',
};

const UNUSED: Unneeded[] = [
  {
    project: 'build',
    policy: 'build',
    statement: 'Read',
    actions: ['s3:GetObject', 's3:ListBucket'],
    resources: ['*'],
  },
  { project: 'build', policy: 'build', statement: '#2', actions: ['ecr:DeleteRepository'], resources: ['*'] },
];

function outcomeOf(
  rules: readonly Rule[],
  more: { files?: Record<string, string>; notSeen?: string[]; unused?: Unneeded[] } = {},
): Parameters<typeof printed>[0] {
  const model = modelOfFiles(more.files ?? FILES);
  return {
    ...checked(model, rules),
    model,
    rules: rules.length,
    notSeen: more.notSeen ?? [],
    unused: more.unused ?? [],
  };
}

function report(...args: Parameters<typeof outcomeOf>): string[] {
  return printed(outcomeOf(...args), { env: {} });
}

test('a person reads, for each file along its lines, the line, what AWS would say, why, and the fix', () => {
  const rules = [
    ruleWith('F24', {
      file: 'buildspec.yml',
      line: 5,
      level: 'warning',
      message: 'nobody sees that docker push fails',
    }),
    ruleWith('F41', { file: 'ci/a.sh', line: 2 }),
    ruleWith('F72', { file: 'App.template.json', line: 1, resource: 'App/Bucket' }),
  ];
  expect(report(rules)).toEqual([
    'App.template.json',
    '  App/Bucket error F72 rule-f72',
    '    found by F72',
    '    AWS: F72 failed',
    '    why: cause of F72',
    '    fix: fix of F72',
    '',
    'buildspec.yml',
    '  5 warning F24 rule-f24',
    '    - docker push $IMAGE || true',
    '    nobody sees that docker push fails',
    '    AWS: F24 failed',
    '    why: cause of F24',
    '    fix: fix of F24',
    '',
    'ci/a.sh',
    '  2 error F41 rule-f41',
    '    npm test',
    '    found by F41',
    '    AWS: F41 failed',
    '    why: cause of F41',
    '    fix: fix of F41',
    '',
    '2 errors, 1 warning in App.template.json, buildspec.yml, ci/a.sh; 3 rules over 0 projects, 0 stacks, 2 commands',
  ]);
});

test('the line of the source is shown without its secret and without what would steer the terminal', () => {
  const [, , excerpt] = report([ruleWith('F41', { file: 'ci/a.sh', line: 1 })]);
  expect(excerpt).toBe('    npm ci --token ***');
});

test('a line of a megabyte is cut, so that the report stays readable', () => {
  const files = { 'ci/a.sh': `echo ${'x'.repeat(1_000_000)}` };
  const [, , excerpt] = report([ruleWith('F41', { file: 'ci/a.sh', line: 1 })], { files });
  expect(excerpt).toHaveLength(4 + 120);
});

test('the cause is told once, so that ten findings of one rule are not ten times the same words', () => {
  const lines = report([ruleWith('F41', { file: 'ci/a.sh', line: 1 }, { file: 'ci/a.sh', line: 2 })]);
  expect(lines.filter((line) => line.includes('why:'))).toHaveLength(1);
  expect(lines.filter((line) => line.includes('AWS:'))).toHaveLength(1);
  expect(lines.filter((line) => line.includes('fix:'))).toHaveLength(2);
});

test('a thousand findings of one rule are counted, not listed', () => {
  const places = Array.from({ length: 1000 }, (_, index) => ({ file: 'ci/a.sh', line: index + 1 }));
  const lines = report([ruleWith('F41', ...places), ruleWith('F24', { file: 'ci/a.sh', line: 3 })]);
  expect(lines.length).toBeLessThan(80);
  expect(lines).toContain('  … and 990 more of F41: --json FILE has them all');
  expect(lines.at(-1)).toMatch(/^1001 errors in ci\/a\.sh;/);
});

test('no finding is one line, which says how much was looked at', () => {
  expect(report([ruleWith('F41')])).toEqual(['No findings; 1 rule over 0 projects, 0 stacks, 2 commands']);
});

test('what was not looked at is told beside it, so that silence is not taken for a good answer', () => {
  const lines = report([], {
    notSeen: ['roles: there are no stacks'],
    unused: UNUSED,
  });
  expect(lines.slice(1)).toEqual([
    'not seen: roles: there are no stacks',
    'not needed, as far as can be seen: 3 permissions of build roles; --json FILE lists them',
  ]);
});

test('what is suppressed and which rules failed are counted', () => {
  const failing: Rule = {
    ...ruleWith('F10'),
    check: () => {
      throw new Error('stop');
    },
  };
  const files = { 'ci/a.sh': 'npm ci # preflight: F41 made before' };
  const lines = report([failing, ruleWith('F41', { file: 'ci/a.sh', line: 1 })], { files });
  expect(lines).toEqual([
    'No findings; 1 suppressed; 1 rule failed; 2 rules over 0 projects, 0 stacks, 1 command',
  ]);
});

describe('colours', () => {
  const outcome = outcomeOf([ruleWith('F41', { file: 'ci/a.sh', line: 2 })]);
  const terminals = { out: { columns: 80, write: () => true } };

  test('are there on a terminal only, and not where NO_COLOR is set', () => {
    const coloured = (...args: Parameters<typeof printed>): boolean =>
      printed(...args)
        .join()
        .includes('\x1b[');
    expect(coloured(outcome, { env: { TERM: 'xterm-256color' }, terminals })).toBe(true);
    expect(coloured(outcome, { env: { TERM: 'xterm-256color', NO_COLOR: '1' }, terminals })).toBe(false);
    expect(coloured(outcome, { env: { TERM: 'xterm-256color' } })).toBe(false);
  });

  test('a terminal is not written past its edge', () => {
    const long = outcomeOf([ruleWith('F41', { file: 'ci/a.sh', line: 2, message: 'word '.repeat(50) })]);
    const lines = printed(long, { env: {}, terminals });
    expect(Math.max(...lines.slice(0, -1).map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

test('a program reads each finding flat, with its counts, what is suppressed, and what failed', () => {
  const files = { 'ci/a.sh': 'npm ci # preflight: F41 made before' };
  const rules = [
    ruleWith('F41', { file: 'ci/a.sh', line: 1 }),
    ruleWith('F72', { file: 'App.template.json', line: 7, resource: 'App/Bucket', level: 'warning' }),
  ];
  expect(toJson(outcomeOf(rules, { files, unused: UNUSED }))).toEqual({
    findings: [
      {
        id: 'F72',
        rule: 'rule-f72',
        level: 'warning',
        file: 'App.template.json',
        line: 7,
        resource: 'App/Bucket',
        message: 'found by F72',
        awsError: 'F72 failed',
        fix: 'fix of F72',
      },
    ],
    errors: 0,
    warnings: 1,
    suppressed: [expect.objectContaining({ id: 'F41', file: 'ci/a.sh', line: 1, reason: 'made before' })],
    unused: UNUSED,
    faults: [],
    notSeen: [],
    rules: 2,
    projects: 0,
    stacks: 0,
  });
});
