import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RULES } from '../../tools/preflight/rules';

const DOCS = readFileSync(path.join(__dirname, '../../docs/preflight.md'), 'utf8');
const [, undecided = '', inPart = ''] =
  /## What it does not decide\n([^]*?)These are decided in part([^]*)/.exec(DOCS) ?? [];
const idsIn = (text: string): string[] =>
  [...text.matchAll(/^\| ([F\d, ]+) \|/gm)].flatMap(([, ids = '']) => ids.split(', '));

test('every one of the 85 known failures has a rule, or a reason why it has none, so that silence is never an oversight', () => {
  const ruled = RULES.map(({ id }) => id).filter((id) => /^F\d\d$/.test(id));
  const all = Array.from({ length: 85 }, (_, i) => `F${String(i + 1).padStart(2, '0')}`);

  expect([...ruled, ...idsIn(undecided)].sort()).toEqual(all);
});

test('what is said to be decided in part is decided by a rule', () => {
  const ruled = new Set(RULES.map(({ id }) => id));

  expect(idsIn(inPart).filter((id) => !ruled.has(id))).toEqual([]);
  expect(idsIn(inPart).length).toBeGreaterThan(20);
});

test('no two rules share an id or a name, so that a suppression and --explain mean one thing', () => {
  for (const key of ['id', 'name'] as const) {
    const values = RULES.map((rule) => rule[key]);
    expect(values.filter((value, i) => values.indexOf(value) !== i)).toEqual([]);
  }
});

test('every rule has a file of its name and a test of that name', () => {
  for (const { name } of RULES) {
    const has = (folder: string, suffix: string): boolean => {
      try {
        return readFileSync(path.join(__dirname, folder, `${name}${suffix}`), 'utf8').includes(
          name.replace(/-./g, (dash) => dash.charAt(1).toUpperCase()),
        );
      } catch {
        return false;
      }
    };
    expect([name, has('../../tools/preflight/rules', '.ts'), has('rules', '.test.ts')]).toEqual([
      name,
      true,
      true,
    ]);
  }
});
