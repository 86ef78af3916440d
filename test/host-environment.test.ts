import { hostEnvironment } from '../tools/host-environment';

test('nothing of the user that could reach or change real AWS is seen by what the simulator starts', () => {
  const seen = hostEnvironment({
    PATH: '/usr/bin',
    HOME: '/home/dev',
    AWS_ACCESS_KEY_ID: 'AKIAREALONE',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_SESSION_TOKEN: 'real',
    AWS_PROFILE: 'production',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.2/real',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/real',
    AWS_ENDPOINT_URL_S3: 'https://s3.amazonaws.com',
    CDK_DEFAULT_ACCOUNT: '999999999999',
    GITHUB_TOKEN: 'ghp_real',
    DATABASE_URL: 'postgres://real',
    NODE_OPTIONS: '--require /evil.js',
  });
  expect(Object.values(seen).join('\n')).not.toMatch(/real|evil|production|999999999999/i);
  expect(
    Object.keys(seen).filter((name) => /^AWS_(?!SDK_JS_NODE)|^CDK_|TOKEN|^NODE_OPTIONS/.test(name)),
  ).toEqual([]);
});

test('package registries are reached as the user reaches them', () => {
  expect(
    hostEnvironment({
      PATH: '/usr/bin',
      HOME: '/home/dev',
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'intranet',
      npm_config_registry: 'https://npm.example.org',
      PIP_INDEX_URL: 'https://pypi.example.org',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
    }),
  ).toMatchObject({
    HTTPS_PROXY: 'http://proxy:3128',
    NO_PROXY: 'intranet,localhost,127.0.0.1',
    npm_config_registry: 'https://npm.example.org',
    PIP_INDEX_URL: 'https://pypi.example.org',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    NPM_CONFIG_CACHE: '/home/dev/.npm',
    NPM_CONFIG_USERCONFIG: '/home/dev/.npmrc',
  });
});

test("this project's own programs are not found by a build that forgot to install its own", () => {
  const { PATH } = hostEnvironment({
    PATH: '/project/node_modules/.bin:/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin:/usr/bin',
  });
  expect(PATH).toBe('/usr/bin');
});
