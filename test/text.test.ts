import { cut, folded, plain, width } from '../tools/text';

test('a line is as wide as a terminal shows it, so that nothing wraps: wide characters take two columns, marks none', () => {
  expect(width('plain')).toBe(5);
  expect(width('日本')).toBe(4);
  expect(width('🚀')).toBe(2);
  expect(width('👩‍🚀')).toBe(2);
  expect(width('⚙️')).toBe(2);
  expect(width('é')).toBe(1);
  expect(width('✓ ⠋ …')).toBe(5);
});

test('a long line is cut with …, and no character is broken', () => {
  expect(cut('exactly', 7)).toBe('exactly');
  expect(cut('too long', 7)).toBe('too lo…');
  expect(cut('日本語', 6)).toBe('日本語');
  expect(cut('日本語', 5)).toBe('日本…');
  // The second character would need the column of the ….
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('a👩‍🚀b', 3)).toBe('a…');
  expect(cut('anything', 0)).toBe('');
  expect(cut('x'.repeat(10_000_000), 4)).toBe('xxx…');
  expect(cut('anything', Infinity)).toBe('anything');
});

test('a line is folded at spaces, and what has none, such as an ARN, can still be copied whole', () => {
  expect(folded('one two three', 7)).toEqual(['one two', 'three']);
  expect(folded('one two three', 7, '  ')).toEqual(['one two', '  three']);
  expect(folded('see arn:aws:iam::1:role/x here', 8)).toEqual(['see', 'arn:aws:iam::1:role/x', 'here']);
  expect(folded('日本 語', 5)).toEqual(['日本', '語']);
  expect(folded('name    value', 20)).toEqual(['name    value']);
  expect(folded('', 5)).toEqual(['']);
});

test("a tool's output cannot steer the terminal that it is shown on", () => {
  expect(plain('\x1b[31mred\x1b[0m \x1b]0;title\x07end\x1b[2J')).toBe('red end');
  expect(plain('a\x07b\x08c\x9bd\tkept')).toBe('abcd\tkept');
  expect(plain('10 %\r50 %\r100 %\r')).toBe('100 %');
  expect(plain('rm -rf /\u202e tset mpn\u2066')).toBe('rm -rf / tset mpn');
});
