import { plaintextSecret } from '../../../tools/preflight/rules/plaintext-secret';
import { said } from '../example';
import { HARMLESS, SECRETS } from './tokens';

function variable(Name: string, Value: unknown, Type = 'PLAINTEXT'): string[] {
  return said(plaintextSecret, {
    project: { Environment: { EnvironmentVariables: [{ Name, Value, Type }] } },
  });
}

test.each(Object.entries(SECRETS))(
  '%s in a variable of the project is for everybody in the console',
  (kind, value) => {
    const [found = ''] = variable('SETTING', value);
    expect(found).toMatch(/^error cdk\.out\/PipelineStack\.template\.json:\d+ /);
    expect(found).toContain(`the variable SETTING of app-build is ${kind}`);
    expect(found).not.toContain(value);
  },
);

test('a value like a password under such a name may be one', () => {
  const value = 'q8Zr-41xVb!9Lm';
  expect(variable('DB_PASSWORD', value)).toEqual([
    expect.stringMatching(/^warning .* DB_PASSWORD of app-build is a value like a password/),
  ]);
  expect(variable('DB_PASSWORD', value).join()).not.toContain(value);
  expect(variable('DB_HOST', value)).toEqual([]);
});

test('what CloudFormation reads from a secret is plain once it is deployed', () => {
  expect(variable('X', '{{resolve:secretsmanager:app/db:SecretString:password}}')).toEqual([
    expect.stringMatching(/^error /),
  ]);
});

test('a reference is none', () => {
  expect(said(plaintextSecret)).toEqual([]);
  expect(variable('DB_PASSWORD', 'app/db:password', 'SECRETS_MANAGER')).toEqual([]);
  expect(variable('DB_PASSWORD', { Ref: 'Logs' })).toEqual([]);
});

test.each(HARMLESS)('%s=%s is none', (name, value) => {
  expect(variable(name, value)).toEqual([]);
});
