import { notEmpty } from '../../../tools/preflight/rules/not-empty';
import { said } from '../example';

const DELETED = { DeletionPolicy: 'Delete' };
const emptying = (type: string, id: string): Record<string, unknown> => ({
  Emptied: { Type: type, Properties: { Name: { Ref: id } } },
});

test('a bucket that is deleted with its stack, filled by builds and emptied by nobody is told', () => {
  expect(said(notEmpty, { resources: { Artifacts: DELETED } })).toEqual([
    expect.stringMatching(
      /^warning .*the bucket ‹Artifacts› is to be deleted with PipelineStack, app-build fills it/,
    ),
  ]);
});

test('a repository that is deleted with its images in it is told', () => {
  expect(said(notEmpty, { resources: { Backend: DELETED } })).toEqual([
    expect.stringContaining('the repository app-backend is to be deleted with PipelineStack'),
  ]);
});

test('nothing is said of what is emptied first', () => {
  const bucket = { Artifacts: DELETED, ...emptying('Custom::S3AutoDeleteObjects', 'Artifacts') };
  expect(said(notEmpty, { resources: bucket })).toEqual([]);
  const repository = { Backend: { ...DELETED, Properties: { EmptyOnDelete: true } } };
  expect(said(notEmpty, { resources: repository })).toEqual([]);
  const older = { Backend: DELETED, ...emptying('Custom::ECRAutoDeleteImages', 'Backend') };
  expect(said(notEmpty, { resources: older })).toEqual([]);
  expect(
    said(notEmpty, { resources: { Backend: DELETED, ...emptying('Custom::Other', 'Backend') } }),
  ).toHaveLength(1);
});

test('nothing is said of what is kept, of a policy that nobody wrote, or of a bucket that no build fills', () => {
  expect(said(notEmpty)).toEqual([]);
  for (const policy of ['RetainExceptOnCreate', null]) {
    const resources = { Artifacts: { DeletionPolicy: policy }, Backend: { DeletionPolicy: policy } };
    expect(said(notEmpty, { resources })).toEqual([]);
  }
  expect(said(notEmpty, { application: { Uploads: { Type: 'AWS::S3::Bucket', ...DELETED } } })).toEqual([]);
});
