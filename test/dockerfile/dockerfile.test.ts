import { instructionsOf } from '../../tools/dockerfile/dockerfile';

const read = (text: string): [number, string, string][] =>
  [...instructionsOf(text)].map(({ line, keyword, rest }) => [line, keyword, rest]);

test('what the shell shifts or is given as a string is no here-document, so that a working file is read to its end', () => {
  expect(read('FROM a\nRUN cat <<<word && echo $((1<<2))\nCMD ["x"]\n')).toEqual([
    [1, 'FROM', 'a'],
    [2, 'RUN', 'cat <<<word && echo $((1<<2))'],
    [3, 'CMD', '["x"]'],
  ]);
});

test('another escape character goes on to the next line, so that a folder of Windows does not', () => {
  expect(read('# escape=`\nFROM a\nRUN dir C:\\\nRUN a `\n  b\n')).toEqual([
    [2, 'FROM', 'a'],
    [3, 'RUN', 'dir C:\\'],
    [4, 'RUN', 'a   b'],
  ]);
});

test('the flags of an instruction are told apart from the rest', () => {
  const [, copy] = instructionsOf('FROM a\ncopy --from=b --link x /y\n');
  expect(copy).toEqual({
    line: 2,
    keyword: 'COPY',
    text: '--from=b --link x /y',
    flags: { from: 'b', link: 'true' },
    rest: 'x /y',
  });
});
