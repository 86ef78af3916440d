import { ownShells } from '../../../tools/preflight/rules/own-shells';
import { said } from '../example';

const buildspec = (version: string, ...commands: string[]): { buildspec: string } => ({
  buildspec: JSON.stringify({ version, phases: { build: { commands } } }),
});

test('nothing is said of the example', () => {
  expect(said(ownShells)).toEqual([]);
});

test('in version 0.1 a variable is gone with the command that sets it', () => {
  expect(said(ownShells, buildspec('0.1', 'export TAG=1', 'docker build -t app:$TAG .'))).toEqual([
    'error buildspec.yml:1 export TAG=1 is lost for the commands after it: version 0.1 gives each a shell of its own',
  ]);
});

test('and so is a change of directory, which what comes after it may do without', () => {
  expect(said(ownShells, buildspec('0.1', 'cd app', 'make'))).toEqual([
    expect.stringMatching(/^warning .* cd app is lost for the commands after it/),
  ]);
});

test('version 0.2 keeps both', () => {
  expect(said(ownShells, buildspec('0.2', 'cd app', 'export TAG=1', 'docker build -t app:$TAG .'))).toEqual(
    [],
  );
});

test('commands that keep to themselves get a word of warning only', () => {
  const commands = ['cd app && make', 'TAG=1 make', 'echo done'];

  expect(said(ownShells, buildspec('0.1', ...commands))).toEqual([
    'warning buildspec.yml:1 version 0.1 runs each command in a shell of its own: what one sets, the next does not have',
  ]);
});
