import { Mask } from '../../../tools/simulator/engine/mask';

function masked(secrets: readonly string[], chunks: readonly string[]): string {
  let output = '';
  const mask = new Mask(secrets, (text) => (output += text));
  for (const chunk of chunks) mask.write(chunk);
  mask.flush();
  return output;
}

test('a secret is hidden wherever a chunk cuts it', () => {
  const text = 'token hunter2-hunter2 used\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    expect(masked(['hunter2-hunter2'], [text.slice(0, cut), text.slice(cut)])).toBe('token *** used\n');
  }
});

test('a secret in a line that never ends is hidden, wherever the line is cut to spare memory', () => {
  const secret = 'correct horse battery staple';
  for (let offset = 0; offset <= secret.length; offset += 1) {
    const start = '-'.repeat(offset);
    const chunks = `${start}${`${secret}-`.repeat(5000)}`.match(/.{1,4096}/g) ?? [];

    // Compared here: a difference would fill the screen.
    const output = masked([secret], chunks);
    expect({ offset, whole: output === `${start}${'***-'.repeat(5000)}` }).toEqual({ offset, whole: true });
  }
});

test('a line that never ends is written as it comes, not held in memory', () => {
  let longest = 0;
  let written = 0;
  const mask = new Mask(['hunter2'], (text) => {
    longest = Math.max(longest, text.length);
    written += text.length;
  });
  for (let i = 0; i < 1000; i += 1) mask.write('y'.repeat(4096));

  expect(longest).toBeLessThan(200_000);
  expect(written).toBeGreaterThan(3_900_000);
});

test('of secrets that contain one another the longer is hidden whole', () => {
  expect(masked(['abc', 'abcdef'], ['abcdef abc\n'])).toBe('*** ***\n');
});

test('a secret is text, not a pattern', () => {
  expect(masked(['a.c+(d)'], ['a.c+(d) abc+(d)\n'])).toBe('*** abc+(d)\n');
});

test('secrets so short that they would blank out the log are left', () => {
  expect(masked(['1', 'ab', ' '], ['1 ab\n'])).toBe('1 ab\n');
});

test('each line of a secret is hidden, with either kind of line end', () => {
  expect(masked(['first\r\nsecond\nthird'], ['third\nfirst\n', 'sec', 'ond'])).toBe('***\n***\n***');
});

test('access key ids are hidden, longer words that look alike are not', () => {
  expect(masked([], ['ASIAIOSFODNN7EXAMPLE AKIAIOSFODNN7EXAMPLES\n'])).toBe('*** AKIAIOSFODNN7EXAMPLES\n');
});
