import { credentialsInImageBuild } from '../../../tools/preflight/rules/credentials-in-image-build';
import { said } from '../example';

const image = (...lines: string[]): string[] =>
  said(credentialsInImageBuild, {
    files: { 'backend/Dockerfile': `FROM public.ecr.aws/docker/library/python:3.12\n${lines.join('\n')}\n` },
  });

test.each([
  'RUN aws s3 cp s3://models/a.bin /a.bin',
  'RUN pip install awscli && aws --region eu-west-1 codeartifact login --tool pip',
  'RUN TOKEN=$(aws ssm get-parameter --name /a) make',
  'RUN ["aws", "s3", "ls"]',
  'RUN <<EOF\nset -e\naws s3 ls\nEOF',
])('%s finds no credentials, whatever the role of the build may do', (line) => {
  expect(image(line)).toEqual([
    expect.stringMatching(/^error backend\/Dockerfile:2 aws .* has no credentials within docker build$/),
  ]);
});

test.each([
  ['RUN aws --version'],
  ['RUN aws s3 cp --no-sign-request s3://public/a /a'],
  ['RUN --mount=type=secret,id=aws,target=/root/.aws/credentials aws s3 ls'],
  ['RUN AWS_SHARED_CREDENTIALS_FILE=/run/secrets/aws aws s3 ls'],
  ['ARG AWS_ACCESS_KEY_ID', 'RUN aws s3 ls'],
  ['ARG AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'RUN aws s3 ls'],
  ['RUN echo aws s3 ls'],
  ['CMD aws s3 ls'],
])('%s has credentials, or needs none', (...lines) => {
  expect(image(...lines)).toEqual([]);
});

test('files that bring credentials count, in the stage that this one starts from too', () => {
  expect(image('COPY .aws /root/.aws', 'RUN aws s3 ls')).toEqual([]);
  expect(
    said(credentialsInImageBuild, {
      files: {
        'backend/Dockerfile':
          'FROM x/y AS base\nCOPY .aws /root/.aws\nFROM base\nRUN aws s3 ls\nFROM x/y\nRUN aws s3 ls\n',
      },
    }),
  ).toEqual(['error backend/Dockerfile:6 aws s3 ls has no credentials within docker build']);
});

test('an image that calls nothing of AWS is fine', () => {
  expect(said(credentialsInImageBuild)).toEqual([]);
});
