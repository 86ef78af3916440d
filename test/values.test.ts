import { at, flag, list, number, object, text, texts } from '../tools/values';

const PROPERTIES = { a: { b: ['x', 2, null, {}] }, yes: 'yes', off: 'Off', five: '5', empty: '', none: null };

test('what is there is found, by keys and indexes', () => {
  expect(at(PROPERTIES, 'a', 'b', 1)).toBe(2);
  expect(text(PROPERTIES, 'a', 'b', 0)).toBe('x');
  expect(list(PROPERTIES, 'a', 'b')).toHaveLength(4);
});

test('numbers, truth and single texts are taken in the forms that CloudFormation takes', () => {
  expect([text(5), number('5'), number(' '), number('x')]).toEqual(['5', 5, undefined, undefined]);
  expect([flag(true), flag('true'), flag(PROPERTIES, 'yes'), flag(PROPERTIES, 'off'), flag('maybe')]).toEqual(
    [true, true, true, false, undefined],
  );
  expect(texts('one')).toEqual(['one']);
  expect(texts(PROPERTIES, 'a', 'b')).toEqual(['x', '2']);
});

test('what is absent, null, inherited or of another kind is not there', () => {
  expect([text(PROPERTIES, 'none'), text(PROPERTIES, 'a'), text(null, 'a'), text('abc', 'length')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(at(PROPERTIES, 'toString')).toBeUndefined();
  expect(list(PROPERTIES, 'a')).toEqual([]);
  expect(object(PROPERTIES, 'a', 'b')).toEqual({});
});
