import { unguardedPostBuild } from '../../../tools/preflight/rules/unguarded-post-build';
import { buildspecOf } from '../buildspec-of';
import { example, said } from '../example';

const BUILD = ['docker build -t $R:1 .', 'npm test'];
const GUARD = '[ "${CODEBUILD_BUILD_SUCCEEDING:-0}" = 1 ] || exit 1';

function told(after: readonly string[], build: Parameters<typeof buildspecOf>[0][string] = BUILD): string[] {
  return said(unguardedPostBuild, { buildspec: buildspecOf({ build, post_build: after }) });
}

test('a push after a build phase that may have failed is told, once, with what comes after it', () => {
  expect(told(['docker push $R:1', 'cdk deploy --require-approval never'])).toEqual([
    'warning buildspec.yml:10 docker push runs in post_build, with 1 more after it, which comes after a failed build phase too, and nothing asks whether it succeeded',
  ]);
});

test('so is one that a script makes', () => {
  const files = { 'deploy.sh': 'set -e\ncdk deploy\n' };
  const buildspec = buildspecOf({ build: BUILD, post_build: ['bash deploy.sh'] });

  expect(said(unguardedPostBuild, { buildspec, files })).toEqual([
    'warning deploy.sh:2 cdk deploy runs in post_build, which comes after a failed build phase too, and nothing asks whether it succeeded',
  ]);
});

test('printing whether it succeeded is no guard, nor is one that comes after', () => {
  expect(told(['echo "succeeding: $CODEBUILD_BUILD_SUCCEEDING"', 'docker push $R:1'])).toHaveLength(1);
  expect(told(['docker push $R:1', GUARD])).toHaveLength(1);
});

test('Windows is not told a guard that its shell does not know', () => {
  const fixOf = (changes: Parameters<typeof example>[0]): string | undefined =>
    [...unguardedPostBuild.check(example(changes))][0]?.fix;
  const buildspec = buildspecOf({ build: BUILD, post_build: ['docker push $R:1'] });
  const Environment = { Type: 'WINDOWS_SERVER_2022_CONTAINER' };

  expect(fixOf({ buildspec })).toBeUndefined();
  expect(fixOf({ buildspec, project: { Environment } })).toBe('give the build phase `on-failure: ABORT`');
  const inPowerShell = buildspecOf({ build: BUILD, post_build: ['docker push "$env:R"'] });
  expect(fixOf({ assembly: 'none', buildspec: inPowerShell })).toContain('on-failure');
});

test('on-failure: CONTINUE is no guard', () => {
  expect(told(['docker push $R:1'], { commands: BUILD, onFailure: 'CONTINUE' })).toHaveLength(1);
});

test('an image of which a second one was not built is pushed', () => {
  expect(told(['docker push a'], ['docker build -t a a', 'docker build -t b b'])).toHaveLength(1);
});

test('what is pushed although something failed after it was made is told, by whatever name', () => {
  const build = ['docker build -t app .', 'docker run app npm test'];
  expect(told(['docker tag app $R:1', 'docker push $R:1'], build)).toHaveLength(1);
  expect(
    told(['docker push $R:1'], ['docker build -t app .', 'docker tag app $R:1', 'npm test']),
  ).toHaveLength(1);
  // That one fails too, and post_build goes on.
  expect(
    told(['docker tag app $R:1 || true', 'docker push $R:1'], ['npm test', 'docker build -t app .']),
  ).toHaveLength(1);
});

describe('nothing is told of', () => {
  test('a working pipeline', () => expect(said(unguardedPostBuild)).toEqual([]));

  test.each<[string, string[]]>([
    ['a guard', [GUARD, 'docker push $R:1']],
    ['a guard that ends it well', ['[ $CODEBUILD_BUILD_SUCCEEDING -eq 1 ] || exit 0', 'docker push $R:1']],
    ['a condition', ['if [[ "$CODEBUILD_BUILD_SUCCEEDING" == "1" ]]; then docker push $R:1; fi']],
    [
      'a condition over lines',
      ['if [ "${CODEBUILD_BUILD_SUCCEEDING}" = "0" ]; then\n  exit 1\nfi', 'cdk deploy'],
    ],
    ['test', ['test "$CODEBUILD_BUILD_SUCCEEDING" = 1 && docker push $R:1']],
    ['arithmetic', ['(( CODEBUILD_BUILD_SUCCEEDING )) && docker push $R:1']],
    ['case', ['case $CODEBUILD_BUILD_SUCCEEDING in 1) docker push $R:1 ;; esac']],
    ['a file that the build leaves', ['[ -f build.ok ] && docker push $R:1']],
    ['looking only', ['docker images', 'aws ecs describe-services --cluster c', 'echo done']],
  ])('%s', (_, after) => {
    expect(told(after)).toEqual([]);
  });

  test('a variable that the build sets when it is done', () => {
    expect(told(['if [ "$BUILT" = yes ]; then docker push $R:1; fi'], [...BUILD, 'BUILT=yes'])).toEqual([]);
  });

  test('on-failure: ABORT', () => {
    expect(told(['docker push $R:1'], { commands: BUILD, onFailure: 'ABORT' })).toEqual([]);
  });

  test('the push of the one image that would not be there', () => {
    expect(
      told(['docker push $R:1'], ['echo building', 'docker build -t $R:1 .', 'docker tag $R:1 $R:2']),
    ).toEqual([]);
  });

  test.each<[string, string[], string[]]>([
    ['after others', ['npm test', 'docker build -t $R:1 .'], ['docker push $R:1', 'cdk deploy']],
    [
      'tagged after them',
      ['npm test', 'docker build -t app .'],
      ['docker tag app:latest $R:1', 'docker push $R:1'],
    ],
    [
      'of Compose',
      ['docker-compose build', 'docker-compose pull', 'docker tag web_web "$R:1"'],
      ['docker push "$R:1"'],
    ],
    ['without a tag', ['npm test', 'docker build -t $R .'], ['docker push $R:latest']],
  ])('the push of an image that the build phase was to make last: %s', (_, build, after) => {
    expect(told(after, build)).toEqual([]);
  });

  test('a deployment after the push of the one image that would not be there', () => {
    expect(told(['docker push $R:1', 'kubectl apply -f x.yml'], ['docker build -t $R:1 .'])).toEqual([]);
    expect(
      told(['docker push $R:1 || true', 'kubectl apply -f x.yml'], ['docker build -t $R:1 .']),
    ).toHaveLength(1);
    expect(told(['kubectl apply -f x.yml'], ['docker build -t $R:1 .'])).toHaveLength(1);
  });

  test('releases of the build phase, where the first failure ends it', () => {
    expect(
      said(unguardedPostBuild, { buildspec: buildspecOf({ build: [...BUILD, 'docker push $R:1'] }) }),
    ).toEqual([]);
  });
});
