import type { Build } from '../../../tools/preflight/model/build';
import type { Command } from '../../../tools/preflight/model/command';
import { dockerBuilds } from '../../../tools/preflight/model/docker-build';
import { type Dockerfile, dockerfilesOf } from '../../../tools/preflight/model/dockerfile';
import type { Asset, Stack } from '../../../tools/preflight/model/stack';
import { command, treeOf } from './tree';

type Files = Readonly<Record<string, string>>;

function read(files: Files, commands: readonly Command[] = [], assets: readonly Asset[] = []): Dockerfile[] {
  return dockerfilesOf(treeOf(files), [{ commands } as unknown as Build], [{ assets } as unknown as Stack]);
}

const contexts = (...args: Parameters<typeof read>): unknown =>
  Object.fromEntries(read(...args).map((file) => [file.path, file.contexts]));

test.each<[string, string | undefined, string | undefined, string | undefined]>([
  ['docker build .', 'app', 'app', 'app/Dockerfile'],
  ['docker build -t a:b --no-cache -f docker/web.txt ..', 'app', '', 'app/docker/web.txt'],
  [
    'docker buildx build --push --platform=linux/arm64 $CODEBUILD_SRC_DIR/app',
    undefined,
    'app',
    'app/Dockerfile',
  ],
  ['docker build --pull ${CODEBUILD_SRC_DIR}', undefined, '', 'Dockerfile'],
  ['docker image build $FOLDER', '', undefined, undefined],
  ['docker build -f app/Dockerfile -', '', undefined, 'app/Dockerfile'],
  ['docker build https://github.com/a/b.git', '', undefined, undefined],
  ['docker build ../out', '', undefined, undefined],
  ['docker build app', undefined, undefined, undefined],
])('%j builds what it says', (text, cwd, context, dockerfile) => {
  expect(dockerBuilds({ ...command(text), cwd }, treeOf({}))).toEqual([
    expect.objectContaining({ context, dockerfile }),
  ]);
});

test.each(['docker push a', 'docker ps', 'docker', 'docker compose pull', 'npm build .'])(
  '%j builds nothing',
  (text) => {
    expect(dockerBuilds(command(text), treeOf({}))).toEqual([]);
  },
);

test('Dockerfiles are found by name, by command, by asset and by the files of compose', () => {
  const text = 'FROM a\n';
  expect(
    contexts(
      {
        'backend/Dockerfile': text,
        'deploy/web.txt': text,
        'web.Dockerfile': text,
        'Dockerfile.dev': text,
        'Dockerfile.dockerignore': 'x',
        'job/Containerfile': text,
        '.devcontainer/Dockerfile': text,
        'docs/Dockerfile.md': '# no Dockerfile at all\n',
        'compose.yaml':
          'services:\n  a: { build: ./backend }\n  b:\n    build: { context: ., dockerfile: web.Dockerfile }\n  c: { image: x }\n',
      },
      [command('docker build -f deploy/web.txt .'), command('docker compose up --build')],
      [{ kind: 'docker', folder: 'job', dockerfile: 'Containerfile' }, { kind: 'file' }],
    ),
  ).toEqual({
    'backend/Dockerfile': ['backend'],
    'deploy/web.txt': [''],
    'web.Dockerfile': [''],
    'Dockerfile.dev': [],
    'job/Containerfile': ['job'],
  });
});

test('a file of compose that is broken, or not of its kind, has no images', () => {
  for (const text of ['services: [', 'services: 3', '- a', 'services: { a: 1, b: { build: 2 } }']) {
    expect(read({ 'compose.yml': text }, [command('docker-compose build')])).toEqual([]);
  }
});

test('a Dockerfile that nothing builds is told from one that a loop may build', () => {
  const files = { 'a/Dockerfile': 'FROM a\n', 'b/Dockerfile': 'FROM a\n' };
  const built = (...texts: string[]): boolean[] =>
    read(
      files,
      texts.map((text) => command(text)),
    ).map((file) => file.built);
  expect(built('docker build a')).toEqual([true, false]);
  expect(built('docker build a', 'docker build $X')).toEqual([true, true]);
  expect(built()).toEqual([true, true]);
});

test('a dockerfile in small letters is taken where there is no other', () => {
  expect(contexts({ 'a/dockerfile': 'FROM a\n' }, [command('docker build a')])).toEqual({
    'a/dockerfile': ['a'],
  });
});

test('an asset of the CDK, which is copied from nobody knows where, may be any Dockerfile', () => {
  const asset = { kind: 'docker', folder: 'cdk.out/asset.1234', dockerfile: 'Dockerfile' } as const;
  expect(read({ 'a/Dockerfile': 'FROM a\n' }, [], [asset])).toMatchObject([{ built: true, contexts: [] }]);
});

test('an image is what the defaults of its arguments say, unless the build says otherwise', () => {
  const files = {
    Dockerfile:
      'ARG REGISTRY=docker.io TAG="3.11"\nARG IMAGE=$REGISTRY/python\nFROM --platform=$BUILDPLATFORM ${IMAGE}:${TAG:-latest} AS Base\nRUN a\nFROM base\n',
  };
  const from = (...texts: string[]): unknown =>
    read(
      files,
      texts.map((text) => command(text)),
    ).map(({ stages }) => stages.map((stage) => stage.from));
  expect(from()).toEqual([['docker.io/python:3.11', 'base']]);
  expect(from('docker build --build-arg REGISTRY=quay.io .')).toEqual([['quay.io/python:3.11', 'base']]);
  expect(from('docker build --build-arg REGISTRY=$ECR .')).toEqual([['$REGISTRY/python:3.11', 'base']]);
  expect(from('docker build --build-arg TAG=1 .', 'docker build --build-arg TAG=2 .')).toEqual([
    ['docker.io/python:${TAG:-latest}', 'base'],
  ]);
  // It is not known which Dockerfile.
  expect(from('docker build --build-arg IMAGE=x $FOLDER')).toEqual([['${IMAGE}:3.11', 'base']]);
  expect(read(files)[0]?.stages[0]).toMatchObject({ line: 3, name: 'base', platform: '$BUILDPLATFORM' });
});

test('what is kept out of the context is what its own file says, or else that of the folder', () => {
  const files = {
    'docker/Dockerfile': 'FROM a\n',
    'web/Dockerfile': 'FROM a\n',
    '.dockerignore': 'dist\r\nx',
    'web/Dockerfile.dockerignore': 'own',
    'web/.dockerignore': 'not this',
  };
  const found = read(files, [command('docker build -f docker/Dockerfile .'), command('docker build web')]);
  expect(found.map(({ ignore }) => ignore)).toEqual([['dist', 'x'], ['own']]);
  expect(read({ 'a/Dockerfile': 'FROM a\n', '.dockerignore': 'x' })[0]?.ignore).toBeUndefined();
});

test('a broken Dockerfile is read as far as docker would, with what docker says', () => {
  const [file] = read({ Dockerfile: 'FROM a\nRUN b\nFORM c\n' });
  expect(file).toMatchObject({
    stages: [{ from: 'a', instructions: [{ keyword: 'RUN', line: 2 }] }],
    problem: 'dockerfile parse error on line 3: unknown instruction: FORM',
  });
});
