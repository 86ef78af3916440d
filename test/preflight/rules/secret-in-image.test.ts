import { secretInImage } from '../../../tools/preflight/rules/secret-in-image';
import { said } from '../example';
import { building } from './changes';
import { HARMLESS, SECRETS } from './tokens';

const dockerfile = (line: string): string[] =>
  said(secretInImage, {
    files: { 'backend/Dockerfile': `FROM public.ecr.aws/docker/library/python:3.12-slim\n${line}\n` },
  });

describe('a secret of a Dockerfile', () => {
  test.each(Object.entries(SECRETS).filter(([, value]) => !/\s/.test(value)))(
    '%s stays in the image',
    (kind, value) => {
      expect(dockerfile(`ENV APP=1 SETTING=${value}`)).toEqual([
        `error backend/Dockerfile:2 ENV SETTING is ${kind}`,
      ]);
      expect(dockerfile(`ARG SETTING="${value}"`)).toEqual([
        `error backend/Dockerfile:2 ARG SETTING is ${kind}`,
      ]);
    },
  );

  test('a value like a password may be one, in the old form of ENV too', () => {
    expect(dockerfile('ENV DB_PASSWORD q8Zr-41xVb!9Lm')).toEqual([
      'warning backend/Dockerfile:2 ENV DB_PASSWORD is a value like a password',
    ]);
  });

  test.each(HARMLESS.filter(([, value]) => value !== ''))('%s=%s is none', (name, value) => {
    expect(dockerfile(`ENV ${name}=${value}`)).toEqual([]);
  });

  test('an argument without a default is none: the command decides', () => {
    expect(dockerfile('ARG NPM_TOKEN')).toEqual([]);
  });
});

describe('a secret of docker build', () => {
  test.each(['--build-arg NPM_TOKEN', '--build-arg NPM_TOKEN=$TOKEN', '--build-arg=NPM_TOKEN="${TOKEN}"'])(
    '%s stays in the history',
    (argument) => {
      expect(said(secretInImage, building(`docker build ${argument} backend`))).toEqual([
        'warning buildspec.yml:27 --build-arg NPM_TOKEN stays in the history of the image',
      ]);
    },
  );

  test.each([
    '--build-arg COMMIT=$COMMIT',
    '--build-arg TOKEN_URL=$URL',
    '--build-arg MAX_TOKEN=4096',
    '--secret id=NPM_TOKEN,env=NPM_TOKEN',
  ])('%s does not, or is none', (argument) => {
    expect(said(secretInImage, building(`docker build ${argument} backend`))).toEqual([]);
  });
});
