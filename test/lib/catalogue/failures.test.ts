import { FAILURES } from '../../../lib/catalogue/failures';

test.each(FAILURES.map((mode) => [mode.id, mode] as const))(
  '%s is recognised by its own example, and by no other entry, so that nobody is sent the wrong way',
  (id, { example }) => {
    expect(FAILURES.filter(({ pattern }) => pattern.test(example)).map((other) => other.id)).toEqual([id]);
  },
);

test('every id stands for one failure, so that a report can be searched for', () => {
  const ids = FAILURES.map(({ id }) => id);

  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test.each(FAILURES.map((mode) => [mode.id, mode] as const))(
  '%s says only what its pattern finds, so that no {placeholder} reaches a reader',
  (_id, { pattern, cause, fix }) => {
    const groups = [...pattern.source.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name);
    const used = [...`${cause} ${fix}`.matchAll(/\{(\w+)/g)].map(([, name]) => name);

    expect(used.filter((name) => !groups.includes(name))).toEqual([]);
  },
);

test.each(FAILURES.map((mode) => [mode.id, mode] as const))(
  '%s is explained in words that fit a phone, and by a page of whoever prints it',
  (_id, { title, cause, fix, link }) => {
    expect(title.length).toBeLessThanOrEqual(60);
    expect([cause, fix].filter((text) => text.length > 260)).toEqual([]);
    expect(link).toMatch(/^https:\/\/(docs\.|git-scm\.com\/docs)/);
  },
);

test('patterns keep no state between lines', () => {
  expect(FAILURES.filter(({ pattern }) => pattern.global || pattern.sticky)).toEqual([]);
});
