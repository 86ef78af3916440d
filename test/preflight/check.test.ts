import { checked } from '../../tools/preflight/check';
import type { Rule } from '../../tools/preflight/rule';
import { modelOfFiles, ruleWith } from './handmade';

const model = modelOfFiles({ 'ci/a.sh': 'npm ci\n' });
const place = { file: 'ci/a.sh', line: 1 };

describe('a rule that fails', () => {
  function failing(check: Rule['check']): Rule {
    return { ...ruleWith('F10'), check };
  }

  test('is named, and keeps no other rule from its work', () => {
    const thrown = failing(() => {
      throw new TypeError('x is not a function');
    });
    const { findings, faults } = checked(model, [ruleWith('F1', place), thrown, ruleWith('F2', place)]);
    expect(findings.map(({ id }) => id)).toEqual(['F1', 'F2']);
    expect(faults).toEqual([{ id: 'F10', rule: 'rule-f10', message: 'TypeError: x is not a function' }]);
  });

  test('half-way keeps what it has found until then', () => {
    const rule = failing(function* () {
      yield { level: 'error', place, message: 'found' } as const;
      throw new Error('stop');
    });
    const { findings, faults } = checked(model, [rule]);
    expect([findings.length, faults.length]).toEqual([1, 1]);
  });
});

test('two projects with one buildspec have its faults told once', () => {
  const { findings } = checked(model, [ruleWith('F1', place, place, { ...place, message: 'another' })]);
  expect(findings.map(({ message }) => message)).toEqual(['found by F1', 'another']);
});

test('findings come by file and line, so that they are read along the file', () => {
  const rules = [
    ruleWith('F10', { file: 'b', line: 1 }, { file: 'a', line: 10 }),
    ruleWith('F9', { file: 'a', line: 9 }, { file: 'a', line: 10 }),
  ];
  const told = checked(model, rules).findings.map(({ id, place: { file, line } }) => `${file}:${line} ${id}`);
  expect(told).toEqual(['a:9 F9', 'a:10 F9', 'a:10 F10', 'b:1 F10']);
});

test('a secret in a message or its fix is masked before anybody prints it, and nothing steers the terminal', () => {
  const secret = 'wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY';
  const rule: Rule = {
    ...ruleWith('F74'),
    check: () => [
      { level: 'error', place, message: `KEY is ${secret}\n\x1b[31mred\u202e`, fix: `API_TOKEN=${secret}` },
    ],
  };
  const [finding] = checked(model, [rule]).findings;
  expect(finding).toMatchObject({ message: 'KEY is *** red', fix: 'API_TOKEN=***' });
});
