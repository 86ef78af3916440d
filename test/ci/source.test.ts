import { COMMIT, ScratchBuild, structured } from './scratch-build';

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

test('whoever reads the log by program learns whose commit is built', async () => {
  build.commit('Make it\n\nThe reason is nobody’s subject.');

  const outcome = await build.run('source.sh');

  expect(outcome.code).toBe(0);
  expect(structured(outcome, 'source')).toEqual([
    { mangoo: 'source', commit: COMMIT, author: 'Ada', subject: 'Make it' },
  ]);
  expect(outcome.stdout).toBe('');
});

test.each([
  ['refs/heads/feature/a"b', { branch: 'feature/a"b' }],
  ['refs/tags/v1', {}],
])('of a build that a push of %s started, the log says %j', async (ref, said) => {
  build.commit('Make it');

  const outcome = await build.run('source.sh', { CODEBUILD_WEBHOOK_HEAD_REF: ref });

  expect(structured(outcome, 'source')).toEqual([
    { mangoo: 'source', commit: COMMIT, author: 'Ada', subject: 'Make it', ...said },
  ]);
});

test.each([
  ['quotes and backslashes', `Ada "the 'first'" \\n`, `It's "done": C:\\new $(rm -rf /) \`id\` ${'${HOME}'}`],
  ['emoji and other scripts', 'Ada 👩🏽‍💻', 'Größer 🚀 日本語'],
  ['what looks like an option of node or git', '--eval=process.exit(3)', '-p --version'],
  ['what looks like a number or JSON', '42', '{"mangoo":"deployment"}'],
  ['control characters', 'Ada\u001b[31m', 'tab\there\u0007'],
])('an author and a subject with %s stay text, on one line', async (_, author, subject) => {
  build.commit(subject, author);

  const outcome = await build.run('source.sh');

  expect(outcome.code).toBe(0);
  expect(outcome.stderr.split('\n')).toHaveLength(2);
  expect(structured(outcome, 'source')).toEqual([{ mangoo: 'source', commit: COMMIT, author, subject }]);
});
