import type { Session } from './gateway/sessions';

/** Points the AWS CLI, every AWS SDK and the CDK CLI at the emulated AWS, and at nothing else. */
export function awsEnvironment(emulated: {
  url: string;
  region: string;
  configFile: string;
}): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: emulated.url,
    AWS_REGION: emulated.region,
    AWS_DEFAULT_REGION: emulated.region,
    AWS_CONFIG_FILE: emulated.configFile,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The three by which every SDK and the CLI act as `session`. */
export function credentialVariables({
  credentials: { accessKeyId, secretAccessKey, sessionToken },
}: Session): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
}
