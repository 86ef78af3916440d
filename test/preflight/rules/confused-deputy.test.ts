import { confusedDeputy } from '../../../tools/preflight/rules/confused-deputy';
import { example, said } from '../example';
import { roleTrusts } from './changes';

const codebuild = {
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal: { Service: 'codebuild.amazonaws.com' },
} as const;

test("a role that every project of CodeBuild may have can be somebody else's", () => {
  expect(said(confusedDeputy)).toEqual([]);
  const changes = { resources: roleTrusts(codebuild) };
  expect(said(confusedDeputy, changes)).toEqual([
    expect.stringMatching(/^warning .* app-build trusts codebuild\.amazonaws\.com for every project/),
  ]);
  const [found] = confusedDeputy.check(example(changes));
  expect(found?.fix).toContain(
    '"aws:SourceArn":"arn:aws:codebuild:eu-west-1:111122223333:project/app-build"',
  );
});

test('one of its conditions is enough, and another condition is none', () => {
  const under = (key: string): string[] =>
    said(confusedDeputy, {
      resources: roleTrusts({ ...codebuild, Condition: { StringEquals: { [key]: '111122223333' } } }),
    });
  expect(under('aws:SourceAccount')).toEqual([]);
  expect(under('aws:sourcearn')).toEqual([]);
  expect(under('aws:RequestedRegion')).toHaveLength(1);
});

test('other services are none of its business', () => {
  const lambda = { ...codebuild, Principal: { Service: 'lambda.amazonaws.com' } };
  expect(said(confusedDeputy, { resources: roleTrusts(lambda) })).toEqual([]);
});
