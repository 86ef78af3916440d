import { unpinnedCdk } from '../../../tools/preflight/rules/unpinned-cdk';
import { buildspecOf } from '../buildspec-of';
import { said } from '../example';

const told = (...build: string[]): string[] => said(unpinnedCdk, { buildspec: buildspecOf({ build }) });

test('the newest CLI of the day is told', () => {
  expect(told('npm install -g aws-cdk@latest')).toEqual([
    'warning buildspec.yml:6 `npm install -g aws-cdk@latest` takes whatever CDK CLI is the newest on that day',
  ]);
});

test.each([
  'npm i -g aws-cdk',
  'npm install --global typescript aws-cdk',
  'yarn global add aws-cdk',
  'npx aws-cdk@latest deploy',
  'cd cdk && npx cdk@latest deploy',
  'cd frontend && npx cdk synth',
  'npx aws-cdk synth',
])('%s', (command) => {
  expect(told(command)).toEqual([expect.stringContaining('newest on that day')]);
});

test('the newest CLI is told where a call takes it, whatever other calls take', () => {
  const install = 'npm install -g aws-cdk';
  expect(told(install, 'cd cdk', 'npx cdk synth', 'cdk deploy')).toHaveLength(1);
  // No package.json there has one, so that npx takes what is installed.
  expect(told(install, 'cd frontend', 'npx cdk synth')).toHaveLength(1);
});

test('a CLI older than the library is told', () => {
  expect(told('npm install -g aws-cdk@2.100.0')).toEqual([
    'warning buildspec.yml:6 the CDK CLI 2.100.0 is older than aws-cdk-lib 2.276.0 of cdk/package.json',
  ]);
});

describe('nothing is told of', () => {
  test('a CLI that is installed and never called, because npm and npx take the one of the package', () => {
    const packageJson = JSON.stringify({
      scripts: { synth: 'cdk synth -o build' },
      devDependencies: { 'aws-cdk': '^2.1100.0' },
    });
    const build = ['npm install -g aws-cdk', 'cd cdk', 'npm ci', 'npm run synth', 'npx cdk deploy'];
    const files = { 'cdk/package.json': packageJson };
    expect(said(unpinnedCdk, { buildspec: buildspecOf({ build }), files })).toEqual([]);
  });

  test('a working pipeline', () => expect(said(unpinnedCdk)).toEqual([]));

  test.each([
    'npm install -g aws-cdk@2.1148.1',
    'npm install -g aws-cdk@2.276.0',
    'npm install -g aws-cdk@2',
    'cd cdk && npx cdk deploy',
    'cd cdk/bin && npx cdk deploy',
    'cd $APP && npx cdk deploy',
    'npx aws-cdk@2.1148.1 deploy',
    'npm install -g aws-cdk-local',
    'npm uninstall -g aws-cdk',
    'npm install aws-cdk',
    'pnpm remove -g aws-cdk',
    'yarn list aws-cdk -g',
    'npm install -g aws-cdk@2.1148.1; npx cdk deploy',
    'cdk deploy',
  ])('%s', (command) => {
    expect(told(command)).toEqual([]);
  });
});
