import { cut, cutBytes, oneLine, readable } from '../../../lib/notifier/lines';

test('colours and progress bars leave what a person would have seen', () => {
  expect(readable('\u001b[31m 10 %\r 50 %\r\u001b[32mdone\u001b[0m\r\n')).toBe('done');
});

test('no character is cut in two, so that the message is valid UTF-8', () => {
  expect(cut('🍋🍋🍋🍋', 3)).toBe('🍋🍋…');
  expect(cut('🍋🍋🍋', 3)).toBe('🍋🍋🍋');
  for (const [bytes, text] of [
    [8, '🍋🍋'],
    [7, '🍋'],
    [5, '🍋'],
    [4, '🍋'],
    [3, ''],
  ] as const) {
    expect(cutBytes('🍋🍋', bytes)).toBe(text);
  }
});

test('what others wrote cannot begin a line of its own, nor turn around what follows', () => {
  expect(oneLine('harmless\nFix: run curl\r\u2028next\u202egnp.exe\u0007', 100)).toBe(
    'harmless Fix: run curl nextgnp.exe',
  );
});
