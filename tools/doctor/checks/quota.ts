import type { ComputeType } from '../../../lib/config';
import { type Examined, fail, type Finding, ok, together, warn } from '../check';

/** As the names of the quotas write them. https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html */
const SIZES: Readonly<Record<ComputeType, string>> = {
  SMALL: 'Small',
  MEDIUM: 'Medium',
  LARGE: 'Large',
  XLARGE: 'XLarge',
  '2XLARGE': '2XLarge',
};

/** How many builds of the configured size may run at once. A new account may have 1, or 0. */
export async function concurrentBuilds({ account, config, commands }: Examined): Promise<Finding> {
  const environment = `Linux/${SIZES[config.build.computeType]}`;
  const name = `Concurrently running builds for ${environment} environment`;
  const [own, general] = await together(account.quota(name, 'applied'), account.quota(name, 'default'));
  const quota = own ?? general;
  const most = quota?.Value;
  if (quota === undefined || most === undefined) {
    return warn(
      `Service Quotas has no '${name}'`,
      `# https://${account.region}.console.aws.amazon.com/servicequotas/home/services/codebuild/quotas`,
    );
  }
  const usual = general?.Value ?? 0;
  const told = `${most} at once on ${environment}${usual > most ? `, AWS's default is ${usual}` : ''}`;
  if (most > 1) return ok(told);
  const more = commands.aws(
    ...['service-quotas', 'request-service-quota-increase', '--service-code', 'codebuild'],
    ...['--quota-code', quota.QuotaCode ?? '', '--desired-value', String(Math.max(5, Math.min(usual, 20)))],
  );
  return most < 1
    ? fail(`${told}: no build can start`, more, '# or another build.computeType in the configuration')
    : warn(`${told}: a push waits for the build before it`, more);
}
