import { awsEnvironment } from '../../tools/simulator/environment';

test('AWS tools are pointed at the emulated AWS only, with no file of the user to read', () => {
  const env = awsEnvironment({
    url: 'http://localhost:4566',
    region: 'eu-west-1',
    configFile: '/tmp/config',
  });
  expect(env).toEqual({
    AWS_ENDPOINT_URL: 'http://localhost:4566',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: '/tmp/config',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});
