import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';

/** How many builds run at once, by environment and compute: AWS's default for an account that it knows. */
const DEFAULTS: Readonly<Record<string, number>> = {
  'Linux/Small': 60,
  'Linux/Medium': 60,
  'Linux/Large': 60,
  'Linux/XLarge': 60,
  'Linux/2XLarge': 60,
};

/**
 * The quotas of CodeBuild's concurrent builds, which moto lacks; those of other services are left to it. Their names are
 * AWS's, their codes are not.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
 */
export class ServiceQuotas implements Service {
  constructor(
    /** How many builds of any size run at once here. */
    public concurrentBuilds: number,
  ) {}

  handle({ operation, input }: AwsRequest): Promise<AwsResponse | undefined> {
    if (input.ServiceCode !== 'codebuild') return Promise.resolve(undefined);
    const applied = this.quotas(() => this.concurrentBuilds);
    const defaults = this.quotas((name) => DEFAULTS[name] ?? 0);
    switch (operation) {
      case 'ListServiceQuotas':
        return answer({ Quotas: applied });
      case 'ListAWSDefaultServiceQuotas':
        return answer({ Quotas: defaults });
      case 'GetServiceQuota': {
        const Quota = applied.find(({ QuotaCode }) => QuotaCode === input.QuotaCode);
        if (Quota) return answer({ Quota });
        throw new AwsError('NoSuchResourceException', 'The specified resource does not exist.');
      }
      default:
        throw new AwsError('InvalidAction', `The simulator does not answer servicequotas:${operation}.`);
    }
  }

  private quotas(valueOf: (name: string) => number): { QuotaCode: string; [member: string]: unknown }[] {
    return Object.keys(DEFAULTS).map((name) => ({
      ServiceCode: 'codebuild',
      ServiceName: 'AWS CodeBuild',
      QuotaCode: `L-${name.replace(/\W/g, '').toUpperCase()}`,
      QuotaName: `Concurrently running builds for ${name} environment`,
      Value: valueOf(name),
      Unit: 'None',
      Adjustable: true,
      GlobalQuota: false,
    }));
  }
}

function answer(output: object): Promise<AwsResponse> {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return Promise.resolve({ status: 200, headers, body: JSON.stringify(output) });
}
