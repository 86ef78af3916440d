import { sharedCache } from '../../../tools/preflight/rules/shared-cache';
import { said } from '../example';
import { PIPELINE } from '../example-templates';
import { pullRequests } from './changes';

const S3 = { Cache: { Type: 'S3', Location: 'caches/app', Modes: null } };
const { Project, Role } = PIPELINE;

/** A second project that builds pull requests, whose role may do one thing. */
function besides(Action: string, Resource: unknown): Record<string, unknown> {
  const { Source, Triggers, ...properties } = Project.Properties;
  const BuildSpec = 'version: 0.2\nphases:\n  build:\n    commands:\n      - npm test\n';
  return {
    Checks: {
      Type: 'AWS::CodeBuild::Project',
      Properties: {
        ...properties,
        Name: 'checks',
        ServiceRole: { 'Fn::GetAtt': ['ChecksRole', 'Arn'] },
        Source: { ...Source, BuildSpec },
        Triggers: { ...Triggers, FilterGroups: [[{ Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED' }]] },
      },
    },
    ChecksRole: {
      ...Role,
      Properties: {
        ...Role.Properties,
        RoleName: 'checks',
        Policies: [
          { PolicyName: 'checks', PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource }] } },
        ],
      },
    },
  };
}

test('a project that deploys, and builds pull requests with the same cache, may deploy what they left', () => {
  expect(said(sharedCache)).toEqual([]);
  expect(said(sharedCache, { project: pullRequests() })).toEqual([
    expect.stringMatching(
      /^warning .* pull requests are built by app-build, which deploys too, with the same cache \(LOCAL\)/,
    ),
  ]);
  expect(said(sharedCache, { project: { ...pullRequests(), Cache: { Type: 'NO_CACHE' } } })).toEqual([]);
});

describe('a project for pull requests whose role can write to the cache of deployments', () => {
  test('in S3 is told of', () => {
    expect(
      said(sharedCache, { project: S3, resources: besides('s3:PutObject', 'arn:aws:s3:::caches/*') }),
    ).toEqual([
      expect.stringMatching(/^warning .* by checks, which may write to caches\/app, the cache of app-build/),
    ]);
  });

  test('is not where it writes elsewhere, or only reads', () => {
    expect(
      said(sharedCache, { project: S3, resources: besides('s3:PutObject', 'arn:aws:s3:::caches/checks/*') }),
    ).toEqual([]);
    expect(said(sharedCache, { project: S3, resources: besides('s3:GetObject', '*') })).toEqual([]);
  });

  test('is not where nobody knows which bucket it writes to', () => {
    const bucket = { 'Fn::Sub': 'arn:aws:s3:::${Artifacts}/*' };
    expect(said(sharedCache, { project: S3, resources: besides('s3:PutObject', bucket) })).toEqual([]);
  });

  test('in ECR is told of', () => {
    const registry = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
    const cached = (repository: string): string[] =>
      said(sharedCache, {
        files: {
          'ci/push.sh': {
            mode: '100755',
            text: `#!/bin/sh\ndocker buildx build --cache-from type=registry,ref=${registry}/cache:app,mode=max --push -t ${registry}/app:1 .\n`,
          },
        },
        resources: besides('ecr:PutImage', `arn:aws:ecr:eu-west-1:111122223333:repository/${repository}`),
      });
    expect(cached('cache')).toEqual([
      expect.stringContaining('may push to arn:aws:ecr:eu-west-1:111122223333:repository/cache'),
    ]);
    expect(cached('checks')).toEqual([]);
  });
});
