import { unscannedImages } from '../../../tools/preflight/rules/unscanned-images';
import { said } from '../example';
import { building } from './changes';

const unscanned = { Backend: { Properties: { ImageScanningConfiguration: null } } };

test('images that nobody scans run with whatever is known against them', () => {
  expect(said(unscannedImages)).toEqual([]);
  expect(said(unscannedImages, { resources: unscanned })).toEqual([
    expect.stringMatching(
      /^warning cdk\.out\/PipelineStack\.template\.json:\d+ the images of app-backend are never scanned/,
    ),
  ]);
});

test.each([
  [
    'the registry scans',
    {
      resources: {
        ...unscanned,
        Scanning: { Type: 'AWS::ECR::RegistryScanningConfiguration', Properties: {} },
      },
    },
  ],
  ['a command of the build does', { ...building('trivy image app'), resources: unscanned }],
  [
    'a container of the build does',
    { ...building('docker run --rm aquasec/trivy image app'), resources: unscanned },
  ],
  [
    'the build asks for a scan',
    {
      ...building('aws ecr start-image-scan --repository-name app --image-id imageTag=1'),
      resources: unscanned,
    },
  ],
  [
    'there are only layers in it',
    {
      resources: {
        Backend: { Properties: { ImageScanningConfiguration: null, RepositoryName: 'app-buildcache' } },
      },
    },
  ],
])('nothing is said where %s', (_, changes) => {
  expect(said(unscannedImages, changes)).toEqual([]);
});
