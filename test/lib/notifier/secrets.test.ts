import { masked, maskedLines } from '../../../lib/notifier/secrets';

// Put together here, so that no scanner of secrets finds any in this file.
const AKIA = `AKIA${'IOSFODNN7EXAMPLE'}`;
const GITHUB = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'dozjgNryP4J3jVmNHl0w5N'].join('.');
const SLACK = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-');

test.each([
  ['an access key id', `denied for ${AKIA} here`, 'denied for *** here'],
  ['a temporary one', `key ${AKIA.replace('AKIA', 'ASIA')}`, 'key ***'],
  ['a secret access key by itself', `wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE0KEY`.slice(0, 40), '***'],
  ['a token of GitHub', `cloning with ${GITHUB}`, 'cloning with ***'],
  ['a fine-grained one', `github_pat_${'11AAAAAAA0abcdefghijkl_mnop'}`, '***'],
  ['a token of npm', `npm_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`, '***'],
  ['a token of Slack', `posting as ${SLACK}`, 'posting as ***'],
  [
    'a webhook of Slack',
    'POST https://hooks.slack.com/services/T0/B0/abc',
    'POST https://hooks.slack.com/services/***',
  ],
  ['a JSON Web Token', `jwt ${JWT} expired`, 'jwt *** expired'],
  ['a bearer token', '> authorization: Bearer abc123def456ghi789', '> authorization: Bearer ***'],
  ['basic credentials', 'Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic ***'],
  [
    'a password in a URL',
    'connecting to postgres://mangoo:p@ss:w0rd@db.internal:5432/app',
    'connecting to postgres://mangoo:***@db.internal:5432/app',
  ],
  ['a token in a URL', `https://${GITHUB}@github.com/a/b`, 'https://***@github.com/a/b'],
  ['a password that is assigned', 'DB_PASSWORD=hunter2 was set', 'DB_PASSWORD=*** was set'],
  ['a password in JSON', '{"password": "correct horse", "user": "ada"}', '{"password": ***, "user": "ada"}'],
  ['a secret in YAML', "client_secret: 'abcd'", 'client_secret: ***'],
  [
    'a token in .npmrc',
    '//registry.example/:_authToken=0123456789abcdef',
    '//registry.example/:_authToken=***',
  ],
  [
    'an argument',
    'docker login --username AWS --password s3cr3t host',
    'docker login --username AWS --password *** host',
  ],
  ['what docker stores', '"auth": "dXNlcjpwYXNz"', '"auth": "***"'],
  ['an access key in words', 'aws_secret_access_key = abcdEFGH0123', 'aws_secret_access_key = ***'],
])('%s that a tool has printed is not sent to mailboxes', (_what, line, safe) => {
  expect(masked(line)).toBe(safe);
});

test.each([
  ['a commit', 'HEAD is now at 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567 Let people log in'],
  ['a digest', 'digest: sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd12345678 size: 1234'],
  ['an image', '123456789012.dkr.ecr.us-east-1.amazonaws.com/mangoo-backend@sha256:7f5b2640fe6fb4f46592'],
  ['an ARN', 'secret: arn:aws:secretsmanager:us-east-1:123456789012:secret:mangoo/npm-AbCdEf'],
  [
    'a role',
    'User: arn:aws:sts::123456789012:assumed-role/mangoo-build-deploy-role/AWSCodeBuild-1 is not authorized',
  ],
  ['a parse error', "SyntaxError: Unexpected token: identifier (3:14) in 'app.js'"],
  ["AWS's own words", 'The security token included in the request is expired'],
  ["docker's own words", 'denied: Your authorization token has expired. Reauthenticate and try again.'],
  ['a missing parameter', 'parameter does not exist: /mangoo/api-key'],
  ['a reference', 'NPM_TOKEN=$TOKEN_OF_THE_BUILD and password=${DB_PASSWORD}'],
  [
    'an argument without a value',
    'aws ecr get-login-password | docker login --username AWS --password-stdin host',
  ],
  ['a URL with a port', 'GET http://localhost:8080/users/@me failed'],
  ['a package', 'npm error 404 https://packages.example.com/@mangoo/ui'],
  ['a clone by SSH', 'git clone ssh://git@github.com/mangoo/mangoo.git'],
  [
    'an integrity',
    'sha512-2wWLbGbYDiSqqIKoPjar3MPgB94ErzCtrNE1FdqGuaO0pi2JGjmE8aW8TDZwzU7vuxcGRdL/4gPQwQ7hD5AMSw==',
  ],
  ['a path', 'File "/codebuild/output/src957259195/src/backend/tests/test_login.py", line 40, in test_login'],
  ['prose', 'Bearer authentication is not configured; set a password: see the manual'],
  ['what is masked', 'PASSWORD=*** TOKEN=***'],
])('%s stays readable, so that the message still helps', (_what, line) => {
  expect(masked(line)).toBe(line);
});

const KEY = ['MIIEowIBAAKCAQEA1234567890abcdefghijklmnop', 'qrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123=='];
const [BEGIN, END] = ['BEGIN', 'END'].map((word) => `-----${word} RSA PRIVATE KEY-----`) as [string, string];

test('a private key is masked whole, however many lines it has', () => {
  expect(maskedLines(['before', BEGIN, ...KEY, END, 'after'])).toEqual(['before', '***', 'after']);
});

test('the rest of a private key is masked, too, where its beginning lies before what was read', () => {
  expect(maskedLines([...KEY, END, 'after'])).toEqual(['***', 'after']);
});

test.each([
  'a-'.repeat(2000),
  'password'.repeat(500),
  'a:'.repeat(2000),
  '://a:'.repeat(800),
  'eyJ'.repeat(1300),
])('a line that is made to be slow to search keeps nobody from the message: %.20s', (line) => {
  expect(masked(line)).toBe(line);
});
