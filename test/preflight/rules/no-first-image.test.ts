import { noFirstImage } from '../../../tools/preflight/rules/no-first-image';
import { said } from '../example';

const Web = { Type: 'AWS::ECR::Repository', Properties: {} };
const runs = (Image: unknown, DesiredCount: unknown = 2): Record<string, unknown> => ({
  Web,
  Service: { Properties: { DesiredCount } },
  Task: { Properties: { ContainerDefinitions: [{ Name: 'web', Image }] } },
});
const OWN = { 'Fn::Sub': '${Web.RepositoryUri}:latest' };

test('a service of an image whose repository comes with it is told: its first deployment has nothing to run', () => {
  expect(said(noFirstImage, { application: runs(OWN) })).toEqual([
    expect.stringMatching(
      /^warning .*AppStack.*app-backend runs .*\/‹Web›:latest, and AppStack makes the repository ‹Web›/,
    ),
  ]);
});

test('nothing is said of an image of another stack, or of nobody', () => {
  expect(said(noFirstImage)).toEqual([]);
  expect(said(noFirstImage, { application: runs('public.ecr.aws/nginx/nginx:1.27') })).toEqual([]);
  const longer = { 'Fn::Sub': '${Web.RepositoryUri}-base:latest' };
  expect(said(noFirstImage, { application: runs(longer) })).toEqual([]);
});

test('nothing is said of a service that starts with no task, or of a repository that the stack fills itself', () => {
  expect(said(noFirstImage, { application: runs(OWN, 0) })).toEqual([]);
  const Copy = {
    Type: 'Custom::CDKECRDeployment',
    Properties: { DestImage: { 'Fn::GetAtt': ['Web', 'RepositoryUri'] } },
  };
  expect(said(noFirstImage, { application: { ...runs(OWN), Copy } })).toEqual([]);
});
