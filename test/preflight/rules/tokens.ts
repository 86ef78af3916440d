/** What looks like a secret, put together here so that no file of ours has one. */
export const SECRETS: Readonly<Record<string, string>> = {
  'an access key of AWS': `AKIA${'Q7ZK2MWD5HNX3RTV'}`,
  'a token of GitHub': `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`,
  'a token of Slack': `xoxb-${'1234567890'}-${'abcdEFGHijkl'}`,
  'a key of an API': `sk-proj-${'Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe'}`,
  'a private key': `-----BEGIN RSA ${'PRIVATE KEY'}-----\\n${'MIIEpAIBAAKCAQEA7bq3'.repeat(3)}`,
  'a password in a URL': `postgres://app:${'Tr0ub4dor'}@db.internal/app`,
};

/** What stands for a secret, or for where one is. */
export const HARMLESS: readonly (readonly [name: string, value: string])[] = [
  ['DB_PASSWORD', 'changeme'],
  ['DB_PASSWORD', ''],
  ['API_TOKEN', '<your-token-here>'],
  ['API_TOKEN', 'xxxxxxxxxxxxxxxxxxxxxxxx'],
  ['API_TOKEN', '${GITHUB_TOKEN}'],
  ['API_TOKEN', '{{resolve:ssm:/app/token}}'],
  ['AWS_ACCESS_KEY_ID', `AKIA${'IOSFODNN7EXAMPLE'}`],
  ['DB_SECRET', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf'],
  ['SECRET_NAME', 'app/production/database-1'],
  ['TOKEN_URL', 'https://login.example.com/oauth2/token'],
  ['SECRET', 'app/production/database'],
  ['SIGNING_SECRET', '/run/secrets/signing_key_v2'],
  ['DATABASE_URL', 'postgres://app:$DB_PASSWORD@db.internal/app'],
  ['DATABASE_URL', 'postgres://postgres:postgres@localhost/test'],
  ['DATABASE_URL', 'mysql://app:s3cr3tpw@db:3306/test'],
  ['KEY_CHECK', `-----BEGIN ${'PRIVATE KEY'}-----`],
  ['CLASS', 'sk-loading-indicator-of-the-whole-page'],
  ['API_TOKEN', '1111-2222-1111-2222'],
  ['MAX_TOKEN', '4096'],
  ['COMMIT', '0f3c1d9a7b6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a'],
];
