import { type Answer, type Outcome, ScratchBuild } from './scratch-build';

const env = { LAYER_CACHE: 'mangoo-layer-cache', RETRY_SECONDS: '0' };
const CREATE: Answer = {
  to: 'buildx create --name mangoo --driver docker-container --use',
  stdout: 'mangoo\n',
};
const CLASSIC = inspect('docker\nLast Activity: 2026-11-25');
const OWN = inspect('docker-container');

let build: ScratchBuild;
beforeEach(async () => {
  build = await ScratchBuild.create();
});
afterEach(() => build.remove());

/** What `docker buildx inspect` prints, as far as it matters. */
function inspect(driver: string): Answer {
  return {
    to: 'buildx inspect --bootstrap',
    stdout: `Name:          a\nDriver:        ${driver}\n\nNodes:\nName:      a0\nDriver Options: image="b"\n`,
  };
}

async function run(...answers: Answer[]): Promise<Outcome> {
  await build.answers('docker', answers);
  return build.run('builder.sh', env);
}

const calls = (outcome: Outcome): (string | undefined)[] => outcome.calls.map(({ args }) => args[1]);
const told = ({ stderr }: Outcome): string[] => stderr.split('\n').filter((line) => line.startsWith('==> '));

test.each([
  ['a builder that the buildspec made', OWN],
  [
    "Docker's own with containerd's image store",
    inspect('docker\n org.mobyproject.buildkit.worker.snapshotter: overlayfs'),
  ],
])('%s can write layers to a registry, so none is made beside it', async (_, answer) => {
  const outcome = await run(answer);

  expect(outcome.code).toBe(0);
  expect(calls(outcome)).toEqual(['inspect']);
  expect(told(outcome)).toEqual([
    '==> layers are kept in mangoo-layer-cache, by the builder that is selected',
  ]);
});

test("Docker's own as CodeBuild's images start it cannot, so another is made, and started before it is needed", async () => {
  const outcome = await run({ ...CLASSIC, times: 1 }, CREATE, OWN);

  expect(outcome.code).toBe(0);
  expect(calls(outcome)).toEqual(['inspect', 'create', 'inspect']);
  expect(told(outcome)).toEqual([
    "==> layers are kept in mangoo-layer-cache, by a builder of this build's own: the one that was selected cannot write to a registry",
  ]);
});

test.each([
  ['is not made', [{ ...CREATE, exit: 1 }], ['inspect', 'create']],
  [
    'does not come from Docker Hub',
    [
      CREATE,
      {
        ...OWN,
        stdout: '',
        stderr: 'ERROR: toomanyrequests: You have reached your pull rate limit\n',
        exit: 1,
      },
    ],
    ['inspect', 'create', 'inspect'],
  ],
])('where it %s, the build goes on without, and says so', async (_, answers, expected) => {
  const outcome = await run({ ...CLASSIC, times: 1 }, ...answers);

  expect(outcome.code).toBe(0);
  expect(calls(outcome)).toEqual(expected);
  expect(told(outcome)).toEqual([
    '==> WARNING: layers stay on this host: no builder can write them to mangoo-layer-cache; the reason is above',
  ]);
});

test('a network that breaks off while it comes is asked again', async () => {
  const broken: Answer = {
    ...OWN,
    stdout: '',
    stderr: 'ERROR: net/http: TLS handshake timeout\n',
    exit: 1,
    times: 1,
  };
  const outcome = await run({ ...CLASSIC, times: 1 }, CREATE, broken, OWN);

  expect(outcome.code).toBe(0);
  expect(calls(outcome)).toEqual(['inspect', 'create', 'inspect', 'inspect']);
  expect(told(outcome).at(-1)).toMatch(/^==> layers are kept/);
});

test('who did not ask for it gets no builder', async () => {
  const outcome = await build.run('builder.sh', { LAYER_CACHE: undefined });

  expect([outcome.code, outcome.calls, told(outcome)]).toEqual([0, [], []]);
});
