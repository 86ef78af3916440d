import { BuildRecords } from '../../../tools/simulator/codebuild/build-records';
import { Projects } from '../../../tools/simulator/codebuild/projects';
import { CodeBuildService } from '../../../tools/simulator/codebuild/service';
import { AwsError, type AwsRequest } from '../../../tools/simulator/gateway/request';

function codeBuild(): (operation: string, input: object) => Promise<Record<string, unknown>> {
  const service = new CodeBuildService('123456789012', new Projects(), new BuildRecords());
  return async (operation, input) => {
    const request = { operation, input, region: 'us-east-1' } as unknown as AwsRequest;
    const response = await service.handle(request);
    return JSON.parse(String(response?.body)) as Record<string, unknown>;
  };
}

const PROJECT = {
  name: 'mangoo-build-deploy',
  serviceRole: 'arn:aws:iam::123456789012:role/mangoo-build-deploy-role',
  source: { type: 'GITHUB', location: 'https://github.com/jhonmezaa/mangoo.git' },
};
const FILTERS = [[{ type: 'EVENT', pattern: 'PUSH' }]];

test('a project is what CloudFormation created, with its webhook', async () => {
  const call = codeBuild();
  await call('CreateProject', PROJECT);
  await call('CreateWebhook', { projectName: PROJECT.name, filterGroups: FILTERS });

  expect(await call('BatchGetProjects', { names: [PROJECT.name, 'other'] })).toEqual({
    projects: [
      {
        ...PROJECT,
        arn: 'arn:aws:codebuild:us-east-1:123456789012:project/mangoo-build-deploy',
        webhook: { url: 'https://github.com/jhonmezaa/mangoo.git/hooks/simulated', filterGroups: FILTERS },
      },
    ],
    projectsNotFound: ['other'],
  });
});

test('an updated project keeps the webhook that it had', async () => {
  const call = codeBuild();
  await call('CreateProject', PROJECT);
  await call('CreateWebhook', { projectName: PROJECT.name, filterGroups: FILTERS });
  await call('UpdateProject', { name: PROJECT.name, timeoutInMinutes: 90 });

  expect(await call('BatchGetProjects', { names: [PROJECT.name] })).toMatchObject({
    projects: [{ timeoutInMinutes: 90, webhook: { filterGroups: FILTERS } }],
  });
});

test('a project with a badge tells its address, one that gave it up none, and one that never asked nothing', async () => {
  const call = codeBuild();
  const badge = async (): Promise<unknown> => {
    const { projects } = await call('BatchGetProjects', { names: [PROJECT.name] });
    return (projects as { badge?: unknown }[])[0]?.badge;
  };
  await call('CreateProject', PROJECT);
  expect(await badge()).toBeUndefined();

  await call('UpdateProject', { name: PROJECT.name, badgeEnabled: true });
  expect(await badge()).toEqual({
    badgeEnabled: true,
    badgeRequestUrl: expect.stringMatching(
      /^https:\/\/codebuild\.us-east-1\.amazonaws\.com\/badges\?uuid=simulated&/,
    ) as string,
  });
  await call('UpdateProject', { name: PROJECT.name, timeoutInMinutes: 90 });
  expect(await badge()).toMatchObject({ badgeEnabled: true });

  await call('UpdateProject', { name: PROJECT.name, badgeEnabled: false });
  expect(await badge()).toEqual({ badgeEnabled: false });
});

test('a second project of the same name, or a webhook for none, is refused in words of the API', async () => {
  const call = codeBuild();
  await call('CreateProject', PROJECT);

  await expect(call('CreateProject', PROJECT)).rejects.toThrow(
    'Project already exists: arn:aws:codebuild:us-east-1:123456789012:project/mangoo-build-deploy',
  );
  await expect(call('CreateWebhook', { projectName: 'other' })).rejects.toThrow(
    'Project cannot be found: other',
  );
});

test('an operation that is not played is an error, never a silent success', async () => {
  await expect(codeBuild()('StartBuildBatch', {})).rejects.toThrow(AwsError);
});

test.each(['..', '.', '', '../../other', 'a/b'])(
  'a project cannot be named %j: its cache is a directory of that name, which is removed on demand',
  async (name) => {
    await expect(codeBuild()('CreateProject', { ...PROJECT, name })).rejects.toMatchObject({
      code: 'InvalidInputException',
      message: `Invalid project name: ${name}`,
    });
  },
);

describe('the credentials for sources', () => {
  const TOKEN = 'arn:aws:codebuild:us-east-1:123456789012:token/github';

  test('one for GitHub is there from the start; what is imported takes its place, and no token is told', async () => {
    const call = codeBuild();
    const connection = 'arn:aws:codeconnections:us-east-1:123456789012:connection/1';
    const before = await call('ListSourceCredentials', {});
    const imported = { serverType: 'GITHUB', authType: 'CODECONNECTIONS', token: connection };
    expect(await call('ImportSourceCredentials', imported)).toEqual({ arn: TOKEN });
    const by = await call('ListSourceCredentials', {});
    await call('ImportSourceCredentials', { ...imported, authType: 'PERSONAL_ACCESS_TOKEN', token: 'ghp_x' });
    const after = await call('ListSourceCredentials', {});

    const github = { arn: TOKEN, serverType: 'GITHUB' };
    const token = { sourceCredentialsInfos: [{ ...github, authType: 'PERSONAL_ACCESS_TOKEN' }] };
    expect(before).toEqual(token);
    expect(by).toEqual({
      sourceCredentialsInfos: [{ ...github, authType: 'CODECONNECTIONS', resource: connection }],
    });
    expect(after).toEqual(token);
  });

  test('one that must not be overwritten is not, and one that is deleted is gone', async () => {
    const call = codeBuild();
    const again = { serverType: 'GITHUB', authType: 'OAUTH', token: 'x', shouldOverwrite: false };
    await expect(call('ImportSourceCredentials', again)).rejects.toMatchObject({
      code: 'ResourceAlreadyExistsException',
    });
    await call('DeleteSourceCredentials', { arn: TOKEN });

    expect(await call('ListSourceCredentials', {})).toEqual({ sourceCredentialsInfos: [] });
    await expect(call('DeleteSourceCredentials', { arn: TOKEN })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});
