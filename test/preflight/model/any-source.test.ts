import fc from '../../drawn-inputs';
import type { Build } from '../../../tools/preflight/model/build';
import { dockerfilesOf } from '../../../tools/preflight/model/dockerfile';
import { importsOf } from '../../../tools/preflight/model/imports';
import { packagesOf, requirementsOf } from '../../../tools/preflight/model/manifests';
import { settingsIn } from '../../../tools/preflight/model/python-settings';
import { programsOf } from '../../../tools/preflight/model/run';
import { command, treeOf } from './tree';

/** Texts of the pieces that readers look for, in any order. */
const texts = (...pieces: string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(fc.constantFrom(...pieces, ' ', '\n', '\r\n', '\\\n', '"', "'", '#', '$', '='), fc.string()),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(''));

test('whatever a Dockerfile holds, it is read as far as it goes', () => {
  const text = texts(
    'FROM ',
    'a AS b',
    'RUN ',
    'COPY --from=b ',
    'ARG X',
    '${X:-',
    '}',
    '<<EOF',
    'EOF',
    '# escape=`\n',
    '["a",',
    ']',
    'HEALTHCHECK CMD ',
    '$(',
    '`',
    '\uFEFF',
  );
  fc.assert(
    fc.property(text, (one) => {
      const tree = treeOf({ Dockerfile: one, 'compose.yaml': one, '.dockerignore': one });
      const commands = [command('docker build --build-arg X=1 .'), command('docker compose up')];
      const found = dockerfilesOf(tree, [{ commands } as unknown as Build], []);
      for (const { stages } of found) for (const { instructions } of stages) instructions.forEach(programsOf);
      expect(found).toHaveLength(1);
    }),
  );
});

test('whatever manifests and modules hold, they are read', () => {
  const text = texts(
    '{"workspaces":',
    '[',
    ']',
    '}',
    '-r ',
    'a==1',
    '@ git+https://x',
    '[extra]',
    '--hash=',
    'class S(BaseSettings):\n',
    '    a: str',
    ' = Field(',
    ')',
    'from . import ',
    'import("./a")',
    'fromAsset(',
    'require(',
    'try {',
  );
  fc.assert(
    fc.property(text, (one) => {
      const tree = treeOf({
        'a/package.json': one,
        'package.json': one,
        'package-lock.json': one,
        'pnpm-workspace.yaml': one,
        'requirements.txt': one,
      });
      packagesOf(tree);
      expect(requirementsOf(tree).length).toBeGreaterThan(0);
      settingsIn(one);
      for (const file of ['a/b.ts', 'a/b.py', 'c.vue']) importsOf(file, one, tree);
    }),
  );
});

test.each([
  ['spaces', ' '],
  ['line ends', '\n'],
  ['quotes', "'"],
  ['words', 'a'],
  ['brackets', '('],
])('a long run of %s is no trap', (_, piece) => {
  const long = piece.repeat(400_000);
  for (const text of [
    `import ${long}x`,
    `fromAsset('a'${long}x`,
    `class S(BaseSettings):\n    a: str = Field(${long}`,
    `a${long}==1`,
  ]) {
    importsOf('a.ts', text, treeOf({}));
    importsOf('a.py', text, treeOf({}));
    settingsIn(text);
    requirementsOf(treeOf({ 'requirements.txt': text }));
    dockerfilesOf(treeOf({ Dockerfile: `FROM a\nRUN ${text}\n` }), [], []);
  }
});
