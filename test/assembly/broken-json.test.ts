import fc from '../drawn-inputs';
import { brokenAt } from '../../tools/assembly/broken-json';

test.each<[string, number, string]>([
  ['{"a": 1,}', 1, 'expected a key, got }'],
  ['[1,\n2,\n]', 3, 'expected a value, got ]'],
  ['{"a" 1}', 1, "expected ':', got 1"],
  ['{"a": \n\n', 1, 'expected a value, got the end'],
  ['{\n"a": "x\n}', 2, 'expected a value, got "x'],
  ['{\n"a": 1\n"b": 2}', 3, `expected ',' or the end of a list or object, got "b"`],
  ["{'a': 1}", 1, "expected a key or '}', got '"],
  ['{"a": undefined}', 1, 'expected a value, got undefined'],
  ['[1] 2', 1, 'expected the end, got 2'],
  ['[1}', 1, "expected ',' or the end of a list or object, got }"],
  ['', 1, 'expected a value, got the end'],
])('%j is told to break at line %d', (text, line, what) => {
  expect(brokenAt(text)).toEqual({ line, what });
});

test('where JSON is cut off, the end is what is wrong: nothing before it is blamed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
      const text = JSON.stringify([value]);
      const cut = text.slice(0, at % text.length);
      // A text or a word that is cut is blamed itself.
      const { what } = brokenAt(cut);
      expect(what).toMatch(/got (the end|"|[-\w.+]+)/);
    }),
  );
});
