import release from '../../../config/examples/release';
import type { PipelineConfig } from '../../../lib/config';
import { environmentOf } from '../../../lib/environments';
import type { Examined } from '../../../tools/doctor/check';
import { webhook } from '../../../tools/doctor/checks/webhook';
import { Commands } from '../../../tools/doctor/commands';

const FILTERS = [[{ Type: 'EVENT', Pattern: 'PUSH' }]];

/** Of the environment dev, in an account where its project has a webhook or none, and so has its stack. */
function examined(there: { project: boolean; stack: boolean }, config: PipelineConfig = release): Examined {
  const [dev] = config.environments;
  if (!dev) throw new Error('the example has no environment');
  const environment = environmentOf(config, dev);
  const template = {
    Resources: {
      Project: {
        Type: 'AWS::CodeBuild::Project',
        Properties: {
          Name: 'mangoo-build-dev',
          Triggers: there.stack ? { Webhook: true, FilterGroups: FILTERS } : { Webhook: false },
        },
      },
    },
  };
  const account = {
    stack: () => Promise.resolve({ StackStatus: 'CREATE_COMPLETE' }),
    template: () => Promise.resolve(JSON.stringify(template)),
    project: () =>
      Promise.resolve({
        name: 'mangoo-build-dev',
        ...(there.project && { webhook: { filterGroups: [[{ type: 'EVENT', pattern: 'PUSH' }]] } }),
      }),
  };
  return {
    account,
    config,
    environment,
    names: environment.names,
    commands: new Commands({ region: 'us-east-1' }),
  } as unknown as Examined;
}

test('nobody is told to make a webhook beside a release: every commit would be built twice', async () => {
  expect(await webhook(examined({ project: false, stack: false }))).toEqual({
    level: 'ok',
    found: 'has none: pushes start the release',
  });
  const without = { ...release, release: undefined };
  expect(await webhook(examined({ project: false, stack: true }, without))).toMatchObject({ level: 'fail' });
});

test('a webhook from before the release is taken away by the stack', async () => {
  const finding = await webhook(examined({ project: true, stack: true }));

  expect(finding.level).toBe('fail');
  expect(finding.found).toBe('has one beside the release: pushes are built and deployed twice');
  expect(finding.fix).toContain('cdk deploy MangooCodeBuildStack-dev');
});

test('one that somebody made by hand is taken away by hand: the stack does not know of it', async () => {
  const finding = await webhook(examined({ project: true, stack: false }));

  expect(finding).toMatchObject({
    level: 'fail',
    fix: expect.stringContaining('aws codebuild delete-webhook --project-name mangoo-build-dev') as string,
  });
});
