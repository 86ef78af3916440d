import { diagnose, type Diagnosis } from '../../tools/doctor/doctor';
import { report } from '../../tools/doctor/report';
import type { EnvironmentConfig } from '../../lib/config';
import mangoo from '../../config/mangoo';
import { ACCOUNT } from '../simulator/state/harness';
import { ExaminedAccount } from './examined-account';

let account: ExaminedAccount;
const before = { ...process.env };

beforeAll(async () => {
  account = await ExaminedAccount.start();
  Object.assign(process.env, account.aws.environmentFor(account.aws.administrator));
});

afterAll(async () => {
  process.env = before;
  await account.stop();
});

function diagnosed(...environments: EnvironmentConfig[]): Promise<Diagnosis> {
  const context = {
    cwd: account.directory,
    env: process.env,
    signal: new AbortController().signal,
    out: () => undefined,
    err: () => undefined,
  };
  return diagnose({ ...mangoo, environments }, environments, { source: '.', context });
}

const dev: EnvironmentConfig = { name: 'dev', branch: 'develop', region: 'us-east-1', account: ACCOUNT };
const prod: EnvironmentConfig = {
  name: 'prod',
  branch: 'main',
  region: 'us-east-1',
  account: '222222222222',
};

test('of several environments, each is examined by its own names, and what of one is in another account is left to its credentials', async () => {
  const diagnosis = await diagnosed(dev, prod);

  const of = (name: string): typeof diagnosis.checks =>
    diagnosis.checks.filter(({ environment }) => environment === name);
  expect(of('dev').map(({ id }) => id)).toContain('webhook');
  expect(of('dev').find(({ id }) => id === 'application-bootstrap')?.fix).toContain(
    'npx cdk deploy MangooCodeBuildStack-dev',
  );
  expect(of('dev').find(({ id }) => id === 'application-bootstrap')?.found).toContain(
    '/cdk-bootstrap/mangoodev/version',
  );
  // Its project is where the pipeline is; what it deploys is not.
  expect(of('prod').map(({ id }) => id)).toContain('webhook');
  expect(of('prod').map(({ id }) => id)).not.toContain('application-bootstrap');
  expect(of('prod').filter(({ id, level }) => id === 'credentials' && level !== 'ok')).toEqual([
    {
      id: 'credentials',
      environment: 'prod',
      title: 'Credentials',
      level: 'warn',
      found: `arn:aws:iam::${ACCOUNT}:user/administrator is of account ${ACCOUNT}, and this environment is deployed to 222222222222`,
      fix: 'npm run doctor -- --profile "$PROFILE_OF_THAT_ACCOUNT"',
    },
  ]);
  const lines = report(diagnosis);
  expect(lines[0]).toBe('Environment dev');
  expect(lines).toContain('Environment prod');
});

test('with the credentials of the account that is deployed to, what is asked is what deployments need there', async () => {
  const pipeline = { ...dev, account: '222222222222' };
  const diagnosis = await diagnosed(pipeline, { ...prod, account: ACCOUNT });

  const there = diagnosis.checks.filter(({ environment }) => environment === 'prod');
  expect(there.map(({ id, level }) => `${level} ${id}`)).toEqual([
    'warn credentials',
    'ok credentials',
    expect.stringMatching(/ target-bootstrap$/),
    'ok target-stack',
    'warn application-bootstrap',
    'ok application-stack',
    expect.stringMatching(/ lookups$/),
  ]);
  expect(there.find(({ id }) => id === 'application-bootstrap')?.fix).toContain(
    'npx cdk deploy MangooDeployTarget-prod',
  );
});

test('credentials of another account than the only environment are a failure, and nothing else is asked', async () => {
  const { checks, fails } = await diagnosed(prod);

  expect(fails).toBe(1);
  expect(checks.map(({ id, level }) => `${level} ${id}`)).toEqual(['fail credentials']);
});
