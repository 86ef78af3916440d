import { wrongFolder } from '../../../tools/preflight/rules/wrong-folder';
import { buildspecOf } from '../buildspec-of';
import { said } from '../example';

const told = (...build: string[]): string[] => said(wrongFolder, { buildspec: buildspecOf({ build }) });

test('a folder that the one before hides is told, with what led there', () => {
  expect(told('cd backend', 'pip install -r requirements.txt', 'cd frontend', 'npm ci')).toEqual([
    'error buildspec.yml:8 `cd frontend` runs in backend, where there is no frontend (since buildspec.yml:6: `cd backend`); the one that is meant is frontend',
  ]);
});

test('a folder of an earlier phase holds for the later ones', () => {
  const buildspec = buildspecOf({ pre_build: ['cd cdk', 'npm ci'], post_build: ['ci/deploy.sh'] });

  expect(said(wrongFolder, { buildspec })).toEqual([
    'error buildspec.yml:10 `ci/deploy.sh` runs in cdk, where there is no ci/deploy.sh (since buildspec.yml:6: `cd cdk`); the one that is meant is ci/deploy.sh',
  ]);
});

test.each([
  ['cd cdk', 'docker build -t a backend'],
  ['cd cdk', 'pip install -r backend/requirements.txt'],
  ['cd cdk', 'npm ci --prefix frontend'],
  ['cd cdk', 'bash ci/push.sh'],
  ['cd cdk && npm ci', 'cd backend && docker build .'],
])('%s, then %s', (first, then) => {
  expect(told(first, then)).toEqual([expect.stringMatching(/^error /)]);
});

test('what runs only perhaps is a warning', () => {
  expect(told('cd cdk', 'cd frontend || true')).toEqual([expect.stringMatching(/^warning /)]);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(wrongFolder)).toEqual([]));

  test.each([
    ['cd backend', 'cd ../frontend'],
    ['cd backend', 'cd "$CODEBUILD_SRC_DIR/frontend"'],
    ['(cd backend && pip install -r requirements.txt)', 'cd frontend'],
    ['cd backend', 'cd -', 'cd frontend'],
    ['cd backend', 'mkdir -p frontend', 'cd frontend'],
    ['cd backend', 'git clone https://example.com/frontend', 'cd frontend'],
    ['cd $WHERE', 'cd frontend'],
    ['cd backend', 'cd somewhere'],
    ['cd frontend', 'cd dist'],
    ['cd backend', 'docker build -t a .'],
  ])('%s, %s', (...build) => {
    expect(told(...build)).toEqual([]);
  });

  test('a folder that git ignores, which the build makes', () => {
    const buildspec = buildspecOf({ build: ['cd backend', 'cd frontend'] });

    expect(
      said(wrongFolder, { buildspec, ignored: { 'backend/frontend': '.gitignore:1:frontend' } }),
    ).toEqual([]);
  });

  test('version 0.1, where each entry begins at the root', () => {
    const buildspec = buildspecOf({ build: ['cd backend', 'cd frontend'] }).replace('0.2', '0.1');

    expect(said(wrongFolder, { buildspec })).toEqual([]);
  });

  test('a project whose files are not those of this source', () => {
    const buildspec = buildspecOf({ build: ['cd backend', 'cd frontend'] });

    expect(
      said(wrongFolder, { buildspec, project: { Source: { Type: 'S3', Location: 'bucket/key' } } }),
    ).toEqual([]);
  });
});
