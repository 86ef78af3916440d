import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readAssembly } from '../../tools/assembly/assembly';
import { readTemplate } from '../../tools/assembly/template';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'assembly-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, unknown>>): string {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

const stack = (templateFile: string, more: object = {}, properties: object = {}): object => ({
  type: 'aws:cloudformation:stack',
  environment: 'aws://111111111111/eu-west-1',
  properties: { templateFile, ...properties },
  ...more,
});
const EMPTY = { Resources: {} };

test('a stack has the name that CloudFormation knows it by, and the one that cdk deploy takes', () => {
  write({
    'manifest.json': {
      artifacts: {
        ProdApp1: stack('a.json', { displayName: 'Prod/App' }, { stackName: 'Prod-App' }),
        Plain: stack('a.json', { environment: 'aws://unknown-account/unknown-region', displayName: 'Plain' }),
      },
    },
    'a.json': EMPTY,
  });
  expect(readAssembly(root, 'out')).toMatchObject([
    { name: 'Prod-App', path: 'Prod/App', file: 'out/a.json', account: '111111111111', region: 'eu-west-1' },
    { name: 'Plain', path: undefined, account: undefined, region: undefined },
  ]);
});

test('what a deployment needs is read: bootstrap roles, assets, stacks before it, look-ups that are missing', () => {
  const role = (name: string): string =>
    `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/cdk-mine-${name}`;
  write({
    'manifest.json': {
      missing: [{ key: 'vpc-provider:account=1', provider: 'vpc-provider', props: {} }],
      artifacts: {
        'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } },
        Network: stack('App.template.json', {}, { stackName: 'TheNetwork' }),
        App: stack(
          'App.template.json',
          { dependencies: ['Network', 'App.assets'] },
          {
            assumeRoleArn: role('deploy-role'),
            bootstrapStackVersionSsmParameter: '/cdk-bootstrap/mine/version',
            lookupRole: { arn: role('lookup-role') },
          },
        ),
      },
    },
    'App.template.json': EMPTY,
    'App.assets.json': {
      files: {
        abc: {
          source: { path: 'asset.abc' },
          destinations: { x: { assumeRoleArn: role('file-publishing-role') } },
        },
      },
      dockerImages: {
        def: {
          source: { directory: 'asset.def', dockerFile: 'Dockerfile.web', platform: 'linux/arm64' },
          destinations: { x: { assumeRoleArn: role('image-publishing-role') } },
        },
      },
    },
  });
  expect(readAssembly(root, 'out').at(-1)).toMatchObject({
    bootstrap: {
      qualifier: 'mine',
      roles: [role('deploy-role'), role('file-publishing-role'), role('image-publishing-role')],
      lookupRole: role('lookup-role'),
    },
    assets: [
      { kind: 'file' },
      { kind: 'docker', folder: 'out/asset.def', dockerfile: 'Dockerfile.web', platform: 'linux/arm64' },
    ],
    missingContext: ['vpc-provider:account=1'],
    dependsOn: ['TheNetwork'],
  });
});

test('stages and nested stacks are read too, and a stage that is its own is read once', () => {
  write({
    'manifest.json': {
      artifacts: {
        Stage: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } },
        Itself: { type: 'cdk:cloud-assembly', properties: { directoryName: '.' } },
      },
    },
    'assembly-Prod/manifest.json': {
      artifacts: {
        App: stack('App.template.json', { dependencies: ['A'] }),
        A: { type: 'cdk:asset-manifest', properties: { file: 'A.assets.json' } },
      },
    },
    'assembly-Prod/A.assets.json': { files: { '0a1b': { source: { path: 'Two.nested.template.json' } } } },
    'assembly-Prod/App.template.json': {
      Resources: {
        One: {
          Type: 'AWS::CloudFormation::Stack',
          Metadata: { 'aws:asset:path': 'One.nested.template.json' },
        },
        Two: {
          Type: 'AWS::CloudFormation::Stack',
          Properties: { TemplateURL: { 'Fn::Sub': 'https://s3.${AWS::URLSuffix}/b/0a1b.json' } },
        },
        Elsewhere: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://x/y.json' } },
      },
    },
    'assembly-Prod/One.nested.template.json': {
      // A stack that nests itself.
      Resources: {
        One: {
          Type: 'AWS::CloudFormation::Stack',
          Metadata: { 'aws:asset:path': 'One.nested.template.json' },
        },
      },
    },
    'assembly-Prod/Two.nested.template.json': EMPTY,
  });
  const read = readAssembly(root, 'out');
  expect(read.map(({ name }) => name)).toEqual(expect.arrayContaining(['App', 'App/One', 'App/Two']));
  expect(read.find(({ name }) => name === 'App/Two')).toMatchObject({
    file: 'out/assembly-Prod/Two.nested.template.json',
    account: '111111111111',
    nestedIn: { name: 'App', logicalId: 'Two' },
  });
});

test('a folder of plain templates is read, each once', () => {
  const child =
    "Resources: {C: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./child.template.yaml}}}";
  write({
    'app.template.json': EMPTY,
    'parent.template.yml': child,
    'child.template.yaml': 'Resources: {}',
    'template.yaml': 'Resources: {}',
    'package.json': '{',
  });
  expect(readAssembly(root, 'out').map(({ name, file }) => `${name} ${file}`)).toEqual([
    'app out/app.template.json',
    'parent out/parent.template.yml',
    'parent/C out/child.template.yaml',
    `${path.basename(root)} out/template.yaml`,
  ]);
});

describe('what cannot be read is told in one line', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'an empty folder',
      {},
      'out: is not the output of cdk synth, which has manifest.json, and has no *.template.json',
    ],
    [
      'a broken manifest',
      { 'manifest.json': '{\n"a": }' },
      'out/manifest.json:2: is broken JSON: expected a value, got }',
    ],
    [
      'a manifest that is a list',
      { 'manifest.json': [] },
      'out/manifest.json: is not a JSON object; synthesize again',
    ],
    [
      'a template that is missing',
      { 'manifest.json': { artifacts: { App: stack('App.template.json') } } },
      'out: is incomplete: it needs App.template.json',
    ],
    [
      'a broken template',
      { 'manifest.json': { artifacts: { App: stack('a.json') } }, 'a.json': '{"Resources": {\n' },
      "out/a.json:1: is broken JSON: expected a key or '}', got the end",
    ],
  ])('%s', (_what, files, message) => {
    write(files);
    expect(() => readAssembly(root, 'out').map(({ text, file }) => readTemplate(text, file))).toThrow(
      message,
    );
  });

  test('no directory', () => {
    const missing = path.join(root, 'none');
    expect(() => readAssembly(missing, 'none')).toThrow(
      'none: no such directory; give the output of cdk synth',
    );
  });
});

test('a manifest with members of any kind is read without complaint', () => {
  for (const artifacts of [
    null,
    1,
    [],
    { a: null, b: 1, c: { type: 1 }, d: { type: 'cdk:cloud-assembly' } },
  ]) {
    write({ 'manifest.json': { artifacts, missing: 'x' } });
    expect(readAssembly(root, 'out')).toEqual([]);
  }
});

test('a stage that is a link back to its assembly ends', () => {
  write({
    'manifest.json': {
      artifacts: { S: { type: 'cdk:cloud-assembly', properties: { directoryName: 'loop' } } },
    },
  });
  symlinkSync(root, path.join(root, 'loop'));
  expect(readAssembly(root, 'out')).toEqual([]);
});
