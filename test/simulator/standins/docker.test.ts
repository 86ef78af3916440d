import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { buildImage, type Image } from '../../../tools/simulator/standins/docker/image';
import { parseDockerfile } from '../../../tools/dockerfile/dockerfile';
import { Docker } from '../../../tools/simulator/standins/docker/docker';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mangoo-docker-test-'));
  put('app/main.py', 'print("hello")\n');
  put('README.md', 'read me\n');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(name: string, text: string): void {
  const file = path.join(directory, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function build(text: string, options: Partial<Parameters<typeof buildImage>[0]> = {}): Image {
  return buildImage(
    { directory, dockerfile: 'Dockerfile', text, args: {}, labels: {}, built: new Set(), ...options },
    () => () => undefined,
  );
}

const digestOf = (image: Image): string => image.manifest;
const SIMPLE = 'FROM python:3.11-slim\nCOPY app app\nCMD ["python", "-m", "app"]\n';

test('the same files and instructions give the same image, so that nothing rolls for nothing', () => {
  expect(digestOf(build(SIMPLE))).toBe(digestOf(build(SIMPLE)));
});

test('a changed file that is copied gives another image, one that is not copied does not', () => {
  const before = digestOf(build(SIMPLE));
  put('README.md', 'read me again\n');
  expect(digestOf(build(SIMPLE))).toBe(before);
  put('app/main.py', 'print("goodbye")\n');
  expect(digestOf(build(SIMPLE))).not.toBe(before);
});

test('another base image, build argument or label gives another image', () => {
  const base = 'ARG BASE=3.11\nFROM python:${BASE}\nARG MODE\nRUN make $MODE\n';
  const images = [
    build(base),
    build(base, { args: { BASE: '3.12' } }),
    build(base, { args: { MODE: 'fast' } }),
    build(base, { labels: { commit: 'abc' } }),
  ];
  expect(new Set(images.map(digestOf)).size).toBe(images.length);
});

test('a file that the context does not have is found before anything is pushed', () => {
  expect(() => build('FROM scratch\nCOPY requirements.txt .\n')).toThrow('"/requirements.txt": not found');
});

test('a file that .dockerignore hides cannot be copied, and one that it takes back can', () => {
  put('.dockerignore', '**/*.py\n!app/main.py\nREADME.md\n');
  put('app/secret.py', 'x = 1\n');
  expect(() => build('FROM scratch\nCOPY app/secret.py .\n')).toThrow('not found');
  expect(() => build('FROM scratch\nCOPY README.md .\n')).toThrow('not found');
  expect(() => build('FROM scratch\nCOPY app/main.py .\n')).not.toThrow();
});

test('nothing above the context can be copied', () => {
  writeFileSync(path.join(directory, '..', 'outside.txt'), 'secret\n');
  try {
    expect(() => build('FROM scratch\nCOPY ../outside.txt .\n')).toThrow('not found');
  } finally {
    rmSync(path.join(directory, '..', 'outside.txt'));
  }
});

test('a stage copies from an earlier one by name or number, and from none that comes later', () => {
  const stages = 'FROM node:22 AS bundle\nCOPY app app\nFROM nginx:1\n';
  expect(() => build(`${stages}COPY --from=bundle /app /srv\n`)).not.toThrow();
  expect(() => build(`${stages}COPY --from=0 /app /srv\n`)).not.toThrow();
  expect(() => build(`FROM nginx:1\nCOPY --from=bundle /app /srv\nFROM node:22 AS bundle\n`)).toThrow(
    'failed to solve: bundle: no build stage of that name before line 2',
  );
});

test.each([
  ['FORM python:3\n', 'dockerfile parse error on line 1: unknown instruction: FORM'],
  ['COPY a b\n', 'dockerfile parse error on line 1: no build stage in current context'],
  ['FROM\n', 'dockerfile parse error on line 1: FROM requires at least one argument'],
  ['FROM python 3\n', 'dockerfile parse error on line 1: FROM requires either one or three arguments'],
  [
    'FROM Python:3\n',
    'dockerfile parse error on line 1: failed to parse stage name "Python:3": invalid reference format',
  ],
  [
    'FROM python:${MISSING}\n',
    'dockerfile parse error on line 1: failed to parse stage name "python:": invalid reference format',
  ],
  ['FROM scratch\nCOPY a\n', 'dockerfile parse error on line 2: COPY requires at least two arguments'],
  ['FROM scratch\nRUN <<END\nmake\n', 'dockerfile parse error on line 2: unterminated heredoc END'],
  ['# nothing\n', 'the Dockerfile has no FROM instruction'],
])('the fault of %j is told with its line', (text, message) => {
  expect(() => build(text)).toThrow(message);
});

test('continued lines, comments within them, heredocs and Windows line ends are read as docker reads them', () => {
  const [stage] = parseDockerfile(
    '\uFEFFFROM scratch AS Base\r\nRUN a \\\r\n  # why\r\n  && b\r\nCOPY <<EOF /x\r\nADD nothing\r\nEOF\r\n',
  );
  expect(stage?.name).toBe('base');
  expect(stage?.instructions.map(({ keyword, line }) => [keyword, line])).toEqual([
    ['RUN', 2],
    ['COPY', 5],
  ]);
});

describe('the command line', () => {
  let engine: Docker;
  beforeEach(() => {
    engine = new Docker();
  });

  async function docker(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
    let [out, err] = ['', ''];
    const exit = await engine.run({
      args,
      cwd: directory,
      stdin: '',
      endpoint: 'http://localhost:1',
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { exit, out, err };
  }

  test('a build says that it is simulated', async () => {
    put('Dockerfile', SIMPLE);
    const { exit, err } = await docker('build', '--tag', 'mangoo:1', '.');
    expect(exit).toBe(0);
    expect(err).toContain(
      'building with "simulated": the Dockerfile and the context are checked, nothing runs',
    );
  });

  describe('the steps that an engine has built already', () => {
    const DOCKERFILE =
      'FROM node:22\nENV A=1\nWORKDIR /app\nCOPY README.md .\nRUN make\nCOPY app app\nCMD node .\n';
    beforeEach(() => put('Dockerfile', DOCKERFILE));

    async function steps(...options: string[]): Promise<string[]> {
      const { err } = await docker('build', '--progress=plain', ...options, '.');
      const lines = err.split('\n');
      return lines.flatMap((line, i) => {
        const [, number, step] = /^#(\d+) \[stage-0 (.*)$/.exec(line) ?? [];
        return step ? [`${step}: ${lines[i + 1]?.replace(`#${number} `, '')}`] : [];
      });
    }

    test('they are CACHED up to the first that is another, so that a share of hits is not made up', async () => {
      await steps();
      put('app/main.py', 'print("again")\n');

      expect(await steps()).toEqual([
        '1/5] FROM node:22: CACHED',
        '2/5] WORKDIR /app: CACHED',
        '3/5] COPY README.md .: CACHED',
        '4/5] RUN make: CACHED',
        '5/5] COPY app app: DONE 0.0s',
      ]);
      put('README.md', 'other\n');
      expect((await steps()).map((step) => step.endsWith('CACHED'))).toEqual([
        true,
        true,
        false,
        false,
        false,
      ]);
    });

    test('the first build has none, nor has one that wants none, nor one in another environment', async () => {
      const cached = async (...options: string[]): Promise<number> =>
        (await steps(...options)).filter((step) => step.endsWith('CACHED')).length;

      expect(await cached()).toBe(0);
      expect(await cached('--no-cache')).toBe(0);
      put('Dockerfile', DOCKERFILE.replace('A=1', 'A=2'));
      expect(await cached()).toBe(1);
    });
  });

  describe('a cache of layers in a registry', () => {
    const HOST = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    const REF = `type=registry,ref=${HOST}/layers:backend`;
    const TO = `${REF},mode=max,image-manifest=true,oci-mediatypes=true`;
    /** What was put, by path; a registry that refuses has nothing. */
    let stored: Map<string, string>;
    let refuses: boolean;
    let server: Server;

    beforeEach(async () => {
      put('Dockerfile', 'FROM node:22 AS bundle\nCOPY README.md .\nFROM nginx:1\nRUN make\nCOPY app app\n');
      stored = new Map();
      refuses = false;
      server = createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
        const to = pathname.replace(/\/blobs\/uploads\/1$/, `/blobs/${searchParams.get('digest')}`);
        const found = stored.get(to);
        if (pathname === '/v2/') return void response.end();
        if (refuses) {
          const errors = [{ code: 'DENIED', message: 'not authorized to perform: ecr:PutImage' }];
          return void response.writeHead(403).end(JSON.stringify({ errors }));
        }
        if (request.method === 'POST')
          return void response.writeHead(202, { location: `${pathname}1` }).end();
        if (request.method === 'PUT') {
          return void text(request).then((body) => {
            stored.set(to, body);
            response.writeHead(201).end();
          });
        }
        if (found === undefined) {
          const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'Requested image not found' }];
          return void response.writeHead(404).end(JSON.stringify({ errors }));
        }
        response.end(found);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => void server.close());

    /** A build's engine, with what it needs before its first image. */
    async function engineWith(
      ...builders: string[][]
    ): Promise<(...args: string[]) => ReturnType<typeof docker>> {
      const own = new Docker();
      const run = async (...args: string[]): ReturnType<typeof docker> => {
        let [out, err] = ['', ''];
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const exit = await own.run({
          args,
          cwd: directory,
          stdin: 'password',
          endpoint,
          out: (told) => (out += told),
          err: (told) => (err += told),
        });
        return { exit, out, err };
      };
      await run('login', '--username', 'AWS', '--password-stdin', HOST);
      for (const args of builders) await run('buildx', ...args);
      return run;
    }
    const OWN = ['create', '--name', 'mangoo', '--driver', 'docker-container', '--use'];
    const hits = ({ err }: { err: string }): number => [...err.matchAll(/^#\d+ CACHED$/gm)].length;

    test("Docker's own builder is as CodeBuild's images start it: it exports none, and says so before it builds", async () => {
      const run = await engineWith();

      expect((await run('buildx', 'inspect', '--bootstrap')).out).toMatch(/^Driver: docker$/m);
      for (const build of [['build'], ['buildx', 'build']]) {
        expect(await run(...build, '--cache-to', TO, '.')).toEqual({
          exit: 1,
          out: '',
          err: [
            'ERROR: failed to build: Cache export is not supported for the docker driver.',
            'Switch to a different driver, or turn on the containerd image store, and try again.',
            'Learn more at https://docs.docker.com/go/build-cache-backends/\n',
          ].join('\n'),
        });
      }
      expect(stored.size).toBe(0);
    });

    test('docker build takes no notice of the builder that is selected, so that a script that hopes so is found out', async () => {
      const run = await engineWith(OWN);

      expect((await run('buildx', 'inspect')).out).toMatch(/^Driver: docker-container$/m);
      expect((await run('build', '--cache-to', TO, '.')).err).toContain(
        'not supported for the docker driver',
      );
      expect((await run('buildx', 'build', '--load', '--cache-to', TO, '.')).exit).toBe(0);
      await run('buildx', 'use', 'default');
      expect((await run('buildx', 'build', '--cache-to', TO, '.')).exit).toBe(1);
      expect((await run('buildx', 'use', 'none')).err).toBe('ERROR: no builder "none" found\n');
    });

    test('what one engine has exported is CACHED for another, stages before the last included, up to what has changed', async () => {
      const first = await (
        await engineWith(OWN)
      )('buildx', 'build', '--load', '--cache-to', TO, '--cache-from', REF, '.');
      put('app/main.py', 'print("again")\n');
      const second = await (await engineWith(OWN))('buildx', 'build', '--load', '--cache-from', REF, '.');
      const none = await (await engineWith(OWN))('buildx', 'build', '--load', '.');

      expect([first.exit, hits(first)]).toEqual([0, 0]);
      expect(first.err).toMatch(/^#\d+ ERROR: .*manifest unknown: Requested image not found$/m);
      // Of five: all but the folder that has changed.
      expect([second.exit, hits(second)]).toEqual([0, 4]);
      expect(hits(none)).toBe(0);
      const manifest = JSON.parse(stored.get('/v2/layers/manifests/backend') ?? '') as Record<
        string,
        unknown
      >;
      expect(manifest.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
      expect(manifest.layers).toHaveLength(5);
    });

    test('a cache changes how long a build takes, and nothing of the image', async () => {
      const id = async (...options: string[]): Promise<string> => {
        const run = await engineWith(OWN);
        await run('buildx', 'build', '--load', '--tag', 'a:1', ...options, '.');
        return (JSON.parse((await run('image', 'inspect', 'a:1')).out) as { Id: string }[])[0]?.Id ?? '';
      };
      const plain = await id();

      expect(await id('--cache-to', TO)).toBe(plain);
      expect(await id('--cache-from', REF)).toBe(plain);
    });

    test('--no-cache takes nothing of it', async () => {
      const run = await engineWith(OWN);
      await run('buildx', 'build', '--load', '--cache-to', TO, '.');

      expect(hits(await run('buildx', 'build', '--load', '--no-cache', '--cache-from', REF, '.'))).toBe(0);
    });

    test('a registry that refuses fails a build only where that was not to be ignored', async () => {
      const run = await engineWith(OWN);
      refuses = true;

      const strict = await run('buildx', 'build', '--load', '--cache-to', TO, '.');
      const easy = await run(
        'buildx',
        'build',
        '--load',
        '--cache-from',
        REF,
        '--cache-to',
        `${TO},ignore-error=true`,
        '.',
      );

      expect(strict.exit).toBe(1);
      expect(strict.err).toMatch(/^ERROR: failed to build: failed to solve: denied: .*ecr:PutImage$/m);
      expect(easy.exit).toBe(0);
      expect(easy.err).toMatch(/^#\d+ ERROR: denied: .*ecr:PutImage$/m);
    });

    test('a builder of its own keeps the image to itself unless it is told to give it', async () => {
      const run = await engineWith(OWN);

      expect((await run('buildx', 'build', '--tag', 'a:1', '.')).err).toContain(
        'WARNING: No output specified with docker-container driver.',
      );
      expect((await run('image', 'inspect', 'a:1')).exit).toBe(1);
    });

    test.each([
      ['another mode', `${REF},mode=min`],
      ['what ECR takes not', `${TO.replace('image-manifest=true', 'image-manifest=false')}`],
      ['another place', 'type=s3,bucket=a,mode=max'],
    ])('%s is not played, and fails instead of looking as if it had worked', async (_, to) => {
      const run = await engineWith(OWN);

      const { exit, err } = await run('buildx', 'build', '--load', '--cache-to', to, '.');

      expect(exit).toBe(1);
      expect(err).toContain('docker (simulated): --cache-to is simulated for');
    });

    test.each([
      [['create', '--driver', 'kubernetes'], 'is not simulated'],
      [['create', 'tcp://example.org:1234'], 'is not simulated'],
      [OWN, 'ERROR: existing instance for "mangoo" but no append mode'],
    ])('docker buildx %j fails', async (args, message) => {
      const run = await engineWith(OWN);
      const { exit, err } = await run('buildx', ...args);

      expect(exit).toBe(1);
      expect(err).toContain(message);
    });
  });

  test('what is not played fails, instead of looking as if it had worked', async () => {
    expect(await docker('run', 'mangoo:1')).toEqual({
      exit: 1,
      out: '',
      err: "docker (simulated): 'docker run' is not simulated\n",
    });
  });

  test('a push without login is refused as docker does', async () => {
    put('Dockerfile', SIMPLE);
    const instance = new Docker();
    const run = (...args: string[]): Promise<{ exit: number; err: string }> => {
      let err = '';
      return instance
        .run({
          args,
          cwd: directory,
          stdin: '',
          endpoint: 'http://localhost:1',
          out: () => undefined,
          err: (text) => (err += text),
        })
        .then((exit) => ({ exit, err }));
    };
    await run('build', '--quiet', '--tag', 'example.org/mangoo:1', '.');
    expect(await run('push', 'example.org/mangoo:1')).toEqual({
      exit: 1,
      err: 'no basic auth credentials\n',
    });
    expect((await run('push', 'example.org/mangoo:2')).err).toBe(
      'Error response from daemon: No such image: example.org/mangoo:2\n',
    );
  });

  describe('what a registry has, as docker buildx imagetools tells it', () => {
    const inspect = (name: string, format: string): ReturnType<typeof docker> =>
      docker('buildx', 'imagetools', 'inspect', name, '--format', format);

    test('a base image has the same digest each time and another name another one, and it is said that nobody was asked', async () => {
      const first = await inspect('python:3.11-slim', '{{.Manifest.Digest}}');

      expect(first.exit).toBe(0);
      expect(first.out).toMatch(/^sha256:[0-9a-f]{64}\n$/);
      expect(first.err).toContain('(simulated): no registry is asked');
      expect(await inspect('python:3.11-slim', '{{.Manifest.Digest}}')).toEqual(first);
      expect((await inspect('python:3.12-slim', '{{.Manifest.Digest}}')).out).not.toBe(first.out);
    });

    test.each(['{{json .Image}}', '{{json .Manifest}}'])('%s of one is not made up', async (format) => {
      const { exit, out, err } = await inspect('python:3.11', format);

      expect({ exit, out }).toEqual({ exit: 1, out: '' });
      expect(err).toContain('is not simulated');
    });

    test('without login, the emulated registry tells nothing', async () => {
      const { exit, err } = await inspect(
        '123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1',
        '{{.Manifest.Digest}}',
      );

      expect(exit).toBe(1);
      expect(err).toContain('no basic auth credentials');
    });

    test('after it, what was pushed is told: its digest and its labels', async () => {
      const digest = `sha256:${'d'.repeat(64)}`;
      const config = JSON.stringify({ config: { Labels: { commit: 'abc' } } });
      const asked: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url);
        response.setHeader('docker-content-digest', digest);
        if (request.url?.includes('/manifests/')) response.end('{"config":{"digest":"sha256:c"}}');
        else response.end(config);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
        const run = async (...args: string[]): Promise<string> => {
          let told = '';
          const out = (text: string): string => (told += text);
          await engine.run({ args, cwd: directory, stdin: 'password', endpoint, out, err: out });
          return told;
        };
        await run('login', '--username', 'AWS', '--password-stdin', host);

        expect(
          await run(
            'buildx',
            'imagetools',
            'inspect',
            `${host}/a/b@${digest}`,
            '--format',
            '{{json .Image}}',
          ),
        ).toBe(`${config}\n`);
        expect(
          await run('buildx', 'imagetools', 'inspect', `${host}/a/b`, '--format', '{{.Manifest.Digest}}'),
        ).toBe(`${digest}\n`);
        expect(asked).toContain(`/v2/a/b/manifests/${digest}`);
        expect(asked).toContain('/v2/a/b/manifests/latest');
      } finally {
        server.close();
      }
    });
  });

  test('an option that docker does not have is refused', async () => {
    expect((await docker('build', '--tga', 'x', '.')).exit).toBe(1);
  });
});
