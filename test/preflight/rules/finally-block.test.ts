import { finallyBlock } from '../../../tools/preflight/rules/finally-block';
import { buildspecOf } from '../buildspec-of';
import { said } from '../example';

const told = (phases: Parameters<typeof buildspecOf>[0]): string[] =>
  said(finallyBlock, { buildspec: buildspecOf(phases) });

const OPEN =
  'aws ec2 authorize-security-group-ingress --group-id sg-1 --cidr $IP/32 --protocol tcp --port 5432';
const CLOSE =
  'aws ec2 revoke-security-group-ingress --group-id sg-1 --cidr $IP/32 --protocol tcp --port 5432';

test('a deployment in finally also runs after a failed test', () => {
  expect(told({ build: { commands: ['npm test'], finally: ['cdk deploy'] } })).toEqual([
    'warning buildspec.yml:8 cdk deploy runs in finally, so also after a command of build has failed',
  ]);
});

test('a firewall that a failed test leaves open is told', () => {
  expect(told({ build: [OPEN, 'npm test', CLOSE] })).toEqual([
    expect.stringMatching(
      /^warning buildspec.yml:8 `aws ec2 revoke-.*…` does not run when a command between it and `aws ec2 authorize-.*…` \(buildspec.yml:6\) fails$/,
    ),
  ]);
});

test('post_build does not tidy up after a failed pre_build', () => {
  expect(
    told({ pre_build: ['cdk deploy Test', 'npm test'], post_build: ['cdk destroy Test --force'] }),
  ).toHaveLength(1);
});

test('finally of post_build comes after a failed build phase, too', () => {
  expect(
    told({
      build: ['npm run build'],
      post_build: { commands: ['echo done'], finally: ['aws s3 cp a s3://b/a'] },
    }),
  ).toEqual(['warning buildspec.yml:11 aws s3 cp runs in finally, so also after the build phase has failed']);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(finallyBlock)).toEqual([]));

  test.each<[string, Parameters<typeof buildspecOf>[0]]>([
    ['tidying up in finally', { build: { commands: [OPEN, 'npm test'], finally: [CLOSE] } }],
    [
      'tidying up in post_build what the build phase made',
      { build: [OPEN, 'npm test'], post_build: [CLOSE] },
    ],
    [
      'a release in finally where nothing comes before',
      { build: { commands: ['echo a'], finally: ['cdk deploy'] } },
    ],
    ['nothing in between that can fail', { build: [OPEN, 'echo open', CLOSE] }],
    ['something else that is removed', { build: [OPEN, 'npm test', CLOSE.replace('sg-1', 'sg-2')] }],
    ['a test whose failure is kept for later', { build: [OPEN, 'npm test || failed=1', CLOSE] }],
    [
      'logs and reports in finally',
      { build: { commands: ['npm test'], finally: ['docker logs a', 'cat report.txt'] } },
    ],
    [
      'a guarded release in finally',
      {
        build: {
          commands: ['npm test'],
          finally: ['if [ "$CODEBUILD_BUILD_SUCCEEDING" = 1 ]; then aws s3 cp a s3://b/; fi'],
        },
      },
    ],
  ])('%s', (_, phases) => {
    expect(told(phases)).toEqual([]);
  });
});
