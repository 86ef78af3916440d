import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cost } from '../../tools/cost/cost';
import { type Answered, answered } from '../answered';
import { kept, resources, writeAssembly } from './handmade';

let temporary: string;
let count = 0;

beforeAll(() => {
  temporary = mkdtempSync(path.join(os.tmpdir(), 'cost-'));
});

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

function newPath(): string {
  return path.join(temporary, `${++count}`);
}

async function run(argv: readonly string[], signal?: AbortSignal): Promise<Answered> {
  const tmp = path.join(temporary, 'tmp');
  mkdirSync(tmp, { recursive: true });
  const outcome = await answered('npm run cost --', cost, argv, {
    cwd: temporary,
    env: { PATH: process.env.PATH, HOME: temporary, TMPDIR: tmp },
    ...(signal && { signal }),
  });
  // Whatever happens, nothing is left behind.
  expect(readdirSync(tmp)).toEqual([]);
  return outcome;
}

function assembly(region?: string): string {
  return writeAssembly(newPath(), { Pipeline: resources({ repositories: { images: kept(20) } }) }, region);
}

interface Result {
  readonly month: number;
  readonly lines: readonly { item: string; quantity: number; unit: string; usd: number }[];
  readonly [key: string]: unknown;
}

async function resultOf(argv: readonly string[]): Promise<Result> {
  const json = newPath();
  const { code, stderr } = await run([...argv, '--json', json]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: [] });
  return JSON.parse(readFileSync(json, 'utf8')) as Result;
}

describe("this app's own stack", () => {
  test('100 builds of 15 minutes cost $30 on its LARGE, and cents beside', async () => {
    const result = await resultOf([]);
    expect(result).toMatchObject({ currency: 'USD', region: 'us-east-1', unknown: [] });
    expect(result.pricesOf).toMatch(/^\d{4}-\d\d$/);
    expect(result.stacks).toEqual([{ name: 'MangooCodeBuildStack', region: 'us-east-1' }]);
    expect(result.lines[0]).toEqual({
      item: 'build minutes',
      quantity: 1500,
      unit: 'minutes on LARGE',
      usd: 30,
    });
    expect(result.lines.map(({ item }) => item)).toEqual(
      expect.arrayContaining([
        'artifacts in S3 Standard',
        'images',
        'build logs, written',
        'build logs, kept',
      ]),
    );
    expect(result.month).toBeCloseTo(
      result.lines.map(({ usd }) => usd).reduce((a, b) => a + b),
      8,
    );
    expect(result.month).toBeLessThan(35);
    expect(result.assumptions).toContainEqual(expect.stringContaining('begun minute'));
  });

  test('another configuration is counted as it says', async () => {
    const config = path.join(newPath(), 'config.ts');
    mkdirSync(path.dirname(config));
    const mangoo = path.resolve(__dirname, '../../config/mangoo');
    writeFileSync(
      config,
      `import mangoo from ${JSON.stringify(mangoo)};
export default { ...mangoo, build: { ...mangoo.build, computeType: 'SMALL', cache: 'none' } };
`,
    );
    const result = await resultOf(['--config', config, '--builds-per-month', '10', '--minutes', '4']);
    expect(result.lines[0]).toMatchObject({ quantity: 40, unit: 'minutes on SMALL', usd: 0.2 });
    expect(result.savings).toMatchObject([{ item: 'caching', inEffect: false }, {}, {}, {}]);
  });

  test('Ctrl-C while it is synthesized ends the command in a line, and leaves nothing in the temporary directory', async () => {
    const interrupted = new AbortController();
    setImmediate(() => interrupted.abort());
    expect(await run([], interrupted.signal)).toEqual({ code: 1, stdout: [], stderr: ['interrupted'] });
  });
});

describe('what a person reads', () => {
  test('the month by line, its total, and what it would be on other sizes', async () => {
    const { code, stdout, stderr } = await run(['--assembly', assembly()]);
    const text = stdout.join('\n');
    expect({ code, stderr }).toEqual({ code: 0, stderr: [] });
    expect(text).toContain('Pipeline: 100 builds of 15 minutes a month, in US dollars');
    expect(text).toMatch(/build minutes +1,500 {2}minutes on LARGE +30\.00/);
    expect(text).toMatch(/\n {2}a month +31\.\d\d\n/);
    expect(text).toMatch(/\n {2}MEDIUM +15\.00\n/);
    expect(text).toMatch(/\n {2}LARGE +30\.00 {2}now\n/);
    expect(text).toMatch(/\n {2}XLARGE +unknown\n/);
    expect(text).toContain('Not subtracted: free tiers');
    expect(text).not.toMatch(/undefined|NaN|null/);
  });

  test("the guide's price of LARGE is corrected, where LARGE is used", async () => {
    const wrong = /guide's \$7\.50 .* LARGE is \$0\.02: \$30\.00/;
    expect((await run(['--assembly', assembly()])).stdout.join('\n')).toMatch(wrong);
    const small = writeAssembly(newPath(), { S: resources({ computeType: 'BUILD_GENERAL1_SMALL' }) });
    expect((await run(['--assembly', small])).stdout.join('\n')).not.toMatch(wrong);
  });

  test('a total without an unknown price says that it is without', async () => {
    const directory = writeAssembly(newPath(), { S: resources({ computeType: 'BUILD_GENERAL1_XLARGE' }) });
    const text = (await run(['--assembly', directory])).stdout.join('\n');
    expect(text).toMatch(/\n {2}a month, without what is unknown +\d\.\d\d\n/);
    expect(text).toContain('Not in it: build minutes, 1,500 minutes on XLARGE: no source tells the price.');
  });

  test('a stack of another region is told that the prices are not its own', async () => {
    const text = (await run(['--assembly', assembly('eu-central-1')])).stdout.join('\n');
    expect(text).toMatch(/Prices are those of us-east-1, [A-Z][a-z]+ 20\d\d; eu-central-1 has others\./);
    const here = (await run(['--assembly', assembly()])).stdout.join('\n');
    expect(here).not.toContain('has others');
    const anywhere = (await run(['--assembly', assembly('unknown-region')])).stdout.join('\n');
    expect(anywhere).toContain('where the stack is deployed, they may be others');
  });

  test('what costs below a cent is named, where there is some', async () => {
    const more = { F: { Type: 'AWS::Lambda::Function' }, T: { Type: 'AWS::SNS::Topic' } };
    const directory = writeAssembly(newPath(), { S: resources({ more }) });
    expect((await run(['--assembly', directory])).stdout).toContain(
      'Not in it: Lambda, SNS, below a cent for 100 builds.',
    );
    expect((await run(['--assembly', assembly()])).stdout.join('\n')).not.toContain('below a cent');
  });

  test('of several projects, how often each is built', async () => {
    const two = writeAssembly(newPath(), { A: resources({}), B: resources({}) });

    const { stdout } = await run(['--assembly', two]);

    expect(stdout[0]).toBe('A, B: 100 builds of 15 minutes a month of each of 2 projects, in US dollars');
  });

  test('something that costs less than a cent is not shown as free', async () => {
    const { stdout } = await run(['--assembly', assembly(), '--builds-per-month', '1']);
    expect(stdout.join('\n')).toMatch(/build logs, written .* <0\.01\n/);
  });
});

test('the stacks of a stage are counted, too', async () => {
  const directory = assembly();
  writeAssembly(path.join(directory, 'assembly-Prod'), { Prod: resources() });
  const file = path.join(directory, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { artifacts: object };
  const stage = { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } };
  writeFileSync(file, JSON.stringify({ ...manifest, artifacts: { ...manifest.artifacts, Prod: stage } }));
  expect((await resultOf(['--assembly', directory])).lines[0]).toMatchObject({ quantity: 3000, usd: 60 });
});

describe('misuse', () => {
  test.each([
    ['--builds-per-month', '0'],
    ['--builds-per-month', '1.5'],
    ['--builds-per-month', '1000001'],
    ['--builds-per-month', '1e3'],
    ['--builds-per-month', 'NaN'],
    ['--builds-per-month', 'Infinity'],
    ['--builds-per-month', '0x10'],
    ['--minutes', '0'],
    ['--minutes', '2161'],
    ['--minutes', 'ten'],
    ['--artifact-mb', '1000001'],
    ['--log-mb', ' 5'],
  ])('%s %s is refused in a line that says what is expected', async (option, value) => {
    const { code, stdout, stderr } = await run(['--assembly', assembly(), option, value]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
    expect(stderr).toEqual([
      expect.stringMatching(
        new RegExp(`^${option}: expected a (whole )?number from [\\d.]+ to \\d+, got '${value}'$`),
      ),
    ]);
  });

  test('a negative number is refused, not taken for an option', async () => {
    const { code, stderr } = await run(['--assembly', assembly(), '--minutes=-5']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: ["--minutes: expected a number from 0.1 to 2160, got '-5'"],
    });
  });

  test('every bad number is told at once', async () => {
    const { stderr } = await run(['--assembly', assembly(), '--minutes', '0', '--log-mb', 'x']);
    expect(stderr).toHaveLength(2);
  });

  test('minutes that the project does not allow are refused, as such builds are stopped', async () => {
    const { code, stderr } = await run(['--assembly', assembly(), '--minutes', '61']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: ['--minutes 61: builds stops a build after 60; give fewer, or raise build.timeoutMinutes'],
    });
  });

  test.each<[string, (directory: string) => void, RegExp]>([
    ['is not there', () => undefined, /no such directory/],
    [
      'is empty',
      (directory) => mkdirSync(directory),
      /is not the output of cdk synth, which has manifest\.json/,
    ],
    ...['{', '1', 'null'].map((text): [string, (directory: string) => void, RegExp] => [
      `has ${text} for a manifest`,
      (directory) => {
        mkdirSync(directory);
        writeFileSync(path.join(directory, 'manifest.json'), text);
      },
      text === '{' ? /manifest\.json:1: is broken JSON/ : /manifest\.json: is not a JSON object/,
    ]),
    [
      'lacks a template',
      (directory) => rmSync(path.join(writeAssembly(directory, { S: resources() }), 'S.template.json')),
      /is incomplete: it needs S\.template\.json/,
    ],
    [
      'has no pipeline in it',
      (directory) => void writeAssembly(directory, { S: { Topic: { Type: 'AWS::SNS::Topic' } } }),
      /has no stack with a CodeBuild project/,
    ],
  ])('an assembly that %s is refused in one line', async (_what, make, message) => {
    const directory = newPath();
    make(directory);
    const { code, stdout, stderr } = await run(['--assembly', directory]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
    expect(stderr).toEqual([expect.stringMatching(message)]);
    expect(stderr[0]).toContain(directory);
  });

  test('a configuration that is not there is told before anything is synthesized', async () => {
    const { code, stderr } = await run(['--config', 'nowhere.ts']);
    expect(code).toBe(2);
    expect(stderr.join('\n')).toMatch(/nowhere\.ts is not usable:\n {2}- no such file$/);
  });

  test('--config beside --assembly is refused, as it would be ignored', async () => {
    const { code, stderr } = await run(['--assembly', assembly(), '--config', 'config/mangoo.ts']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: [expect.stringContaining('--config means nothing')],
    });
  });

  test('a --json that cannot be written is told before the work', async () => {
    const file = path.join(temporary, 'no', 'such', 'file.json');
    const { code, stdout, stderr } = await run(['--assembly', assembly(), '--json', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: [] });
    expect(stderr).toEqual([expect.stringContaining('there is no directory')]);
    expect(existsSync(file)).toBe(false);
  });

  test('an argument without an option is refused', async () => {
    const { code, stderr } = await run(['100']);
    expect({ code, lines: stderr.length }).toEqual({ code: 2, lines: 1 });
  });
});

test('the help names every option', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const option of Object.keys(cost.options)) expect(stdout.join('\n')).toContain(`--${option} `);
});
