import { passedToService } from '../../../tools/preflight/rules/passed-to-service';
import { said } from '../example';
import { building, roleHas, roleMay } from './changes';

const PASSED = { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } };

test('a permission under the condition is lost, and the command that needs it fails', () => {
  expect(said(passedToService)).toEqual([]);
  const resources = roleMay(['iam:CreateRole', 'iam:PassRole'], '*', PASSED);
  expect(said(passedToService, { ...building('aws iam create-role --role-name x'), resources })).toEqual([
    expect.stringMatching(/^error .* build of app-build never allows iam:CreateRole: the condition/),
  ]);
});

test('where nothing is seen to need it, it may be left over', () => {
  const found = said(passedToService, { resources: roleMay(['iam:*', 'iam:PassRole'], '*', PASSED) });
  expect(found).toEqual([expect.stringMatching(/^warning .* never allows iam:\*:/)]);
});

test('a role that CloudFormation deploys with needs it', () => {
  const Deploy = {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'deploy',
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'cloudformation.amazonaws.com' },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'roles',
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Action: ['iam:CreateRole', 'iam:PassRole'],
                Resource: '*',
                Condition: PASSED,
              },
            ],
          },
        },
      ],
    },
  };
  expect(said(passedToService, { resources: { Deploy } })).toEqual([
    expect.stringMatching(/^error .* roles of deploy never/),
  ]);
});

test.each([
  ['the condition stands with iam:PassRole alone', roleMay('iam:PassRole', '*', PASSED)],
  [
    'the condition lets a request without the key through',
    roleMay(['iam:CreateRole', 'iam:PassRole'], '*', { StringEqualsIfExists: PASSED.StringEquals }),
  ],
  [
    'another statement allows it',
    roleHas((statements) => [
      ...statements,
      { Effect: 'Allow', Action: ['iam:CreateRole', 'iam:PassRole'], Resource: '*', Condition: PASSED },
      { Effect: 'Allow', Action: 'iam:Create*', Resource: '*' },
    ]),
  ],
])('nothing is said where %s', (_, resources) => {
  expect(said(passedToService, { ...building('aws iam create-role --role-name x'), resources })).toEqual([]);
});
