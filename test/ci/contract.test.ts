import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { isMap, isPair, isScalar, parseDocument, stringify, visit } from 'yaml';
import releaseConfig from '../../config/examples/release';
import config from '../../config/mangoo';
import { pullRequestBuildspec } from '../../lib/pull-request-project';
import { BUILDSPEC_PHASES, parseBuildspec } from '../../tools/buildspec/buildspec';
import { Pattern } from '../../tools/simulator/engine/files';
import { callsOf, NOT_FOUND, option, ScratchBuild } from './scratch-build';
import { bashVariables, shellFunctions, shellVariables } from './shell-variables';
import { synthesize, synthesizeAll } from '../lib/synthesized';
import { projectVariables, synthesized } from './synthesized';

const text = readFileSync('buildspec.yml', 'utf8');
const buildspec = parseBuildspec(text);
const commands = BUILDSPEC_PHASES.flatMap((phase) => buildspec.phases[phase]?.commands ?? []);
/** Of pull requests; it is their project's own. */
const checks = parseBuildspec(stringify(pullRequestBuildspec(config.images)));
const checkCommands = BUILDSPEC_PHASES.flatMap((phase) => checks.phases[phase]?.commands ?? []);
/** Of the steps of a release. */
const released = {
  build: parseBuildspec(readFileSync('buildspec-build.yml', 'utf8')),
  prepare: parseBuildspec(readFileSync('buildspec-prepare.yml', 'utf8')),
  deploy: parseBuildspec(readFileSync('buildspec-deploy.yml', 'utf8')),
};
const releaseCommands = Object.values(released).flatMap(({ phases }) =>
  BUILDSPEC_PHASES.flatMap((phase) => phases[phase]?.commands ?? []),
);
const release = synthesizeAll(releaseConfig).stacks.MangooReleaseStack as { template: Template };
const files = readdirSync('ci');
const scripts = new Map(
  files.filter((name) => name.endsWith('.sh')).map((name) => [name, readFileSync(`ci/${name}`, 'utf8')]),
);
const library = scripts.get('common.sh') ?? '';
const ofBash = bashVariables();
const template = synthesized();
const variables = projectVariables(template);
const given = new Set(Object.keys(variables));
const declarations = [
  ...readFileSync('lib/build-variables.ts', 'utf8').matchAll(/^ {2}readonly (\w+)(\??): string;$/gm),
].map(([, name = '', mark]) => ({ name, optional: mark === '?' }));
const declared = declarations.map(({ name }) => name);

/** The files of ci/ that a text names. */
function scriptsIn(shell: string): string[] {
  return [...shell.matchAll(/\bci\/([\w.-]+\.sh)\b/g)].map(([, name]) => name ?? '');
}

/** Those too that the scripts of a command run. */
function runBy(command: string): string[] {
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, inner = ''] of (scripts.get(name) ?? '').matchAll(
      /^ *(?:.*\bstep .*)?\bci\/([\w.-]+\.sh)\b/gm,
    )) {
      add(inner);
    }
  };
  for (const name of scriptsIn(command)) add(name);
  return [...found];
}

function sourced(script: string): string[] {
  return [...script.matchAll(/^source "\$\(dirname "\$0"\)\/([\w.-]+)"$/gm)].map(([, name]) => name ?? '');
}

/** What a script and the functions that it uses take from outside. */
function outer(script: string): { required: string[]; optional: string[] } {
  const bodies = shellFunctions(library);
  const top = [...bodies.values()].reduce((rest, body) => rest.replace(body, ''), library);
  const used = new Set<string>();
  const use = (code: string): void => {
    for (const [name, body] of bodies) {
      if (used.has(name) || !new RegExp(`\\b${name}\\b`).test(code)) continue;
      used.add(name);
      use(body);
    }
  };
  use(script);
  const parts = [script, top, ...[...used].map((name) => bodies.get(name) ?? '')].map(shellVariables);
  const inner = new Set([...parts.flatMap(({ assigned }) => [...assigned]), ...ofBash]);
  const foreign = (names: string[]): string[] =>
    [...new Set(names)].filter((name) => !inner.has(name) && !name.startsWith('CODEBUILD_'));
  const required = foreign(parts.flatMap((part) => [...part.required]));
  const optional = foreign(parts.flatMap((part) => [...part.optional]));
  return { required, optional: optional.filter((name) => !required.includes(name)) };
}

/** What a command exports to those after it. */
function exports(command: string): string[] {
  return [...command.matchAll(/&& export (\w+)$/g)].map(([, name]) => name ?? '');
}

const exported = new Set(commands.flatMap(exports));
const runtimes = Object.values(buildspec.runtimeVersions).flatMap((version) => [
  ...shellVariables(version).required,
]);

describe('the variables', () => {
  test('every variable that a command reads is given by the project or exported by a command before it', () => {
    const available = new Set(given);
    const missing: string[] = [];
    for (const command of commands) {
      const texts = [command, ...runBy(command).map((name) => scripts.get(name) ?? '')];
      for (const name of texts.flatMap((shell) => outer(shell).required)) {
        if (!available.has(name) && !exports(command).includes(name)) missing.push(`${name} in ${command}`);
      }
      for (const name of exports(command)) available.add(name);
    }

    expect(missing).toEqual([]);
    expect(runtimes.filter((name) => !given.has(name))).toEqual([]);
  });

  test('BuildVariables, the project and the scripts name the same ones', () => {
    const run = commands.flatMap(runBy).map((name) => scripts.get(name) ?? '');
    const read = new Set([...runtimes, ...[...run, ...commands].flatMap((s) => outer(s).required)]);
    for (const name of exported) read.delete(name);
    const withDefault = new Set([...scripts.values()].flatMap((s) => outer(s).optional));
    const always = declarations.filter(({ optional }) => !optional).map(({ name }) => name);
    const sometimes = declarations.filter(({ optional }) => optional).map(({ name }) => name);

    expect([...given].filter((name) => !declared.includes(name))).toEqual([]);
    expect(always.filter((name) => !given.has(name))).toEqual([]);
    expect([...read].filter((name) => !always.includes(name))).toEqual([]);
    // For the application's CDK app, which inherits them; nothing here reads them.
    expect(always.filter((name) => !read.has(name))).toEqual(['ENVIRONMENT', 'PERMISSIONS_BOUNDARY']);
    expect(sometimes.filter((name) => !withDefault.has(name))).toEqual([]);
  });

  test('a build of a pull request has every variable that it reads', () => {
    const { template: asked } = synthesize({ config: { pullRequests: {} } });
    const projects = asked.findResources('AWS::CodeBuild::Project', {
      Properties: { Name: 'mangoo-pull-requests' },
    });
    const [project] = Object.values(projects) as {
      Properties: { Environment: { EnvironmentVariables: { Name: string }[] } };
    }[];
    const has = new Set([
      ...(project?.Properties.Environment.EnvironmentVariables ?? []).map(({ Name }) => Name),
      ...Object.keys(checks.variables),
    ]);
    const texts = [...checkCommands.flatMap(runBy).map((name) => scripts.get(name) ?? ''), ...checkCommands];
    const reads = [
      ...texts.flatMap((shell) => outer(shell).required),
      ...Object.values(checks.runtimeVersions).flatMap((version) => [...shellVariables(version).required]),
    ];

    expect(reads).toEqual(expect.arrayContaining(['IMAGES_TO_BUILD', 'NODEJS_VERSION']));
    expect(reads.filter((name) => !has.has(name))).toEqual([]);
  });

  test.each([
    // Without RELEASE_PARAMETER, plan.sh decides about no deployment.
    ['build', 'build', ['RELEASE_PARAMETER', 'CDK_STACK_NAME']],
    // `install.sh cdk` asks for no image.
    ['prepare', 'prepare-prod', ['CHANGE_SET', 'IMAGES_TO_BUILD']],
    ['deploy', 'deploy-dev', ['IMAGES_TO_BUILD']],
    ['deploy', 'deploy-prod', ['IMAGES_TO_BUILD']],
  ])(
    'a step of a release has every variable that its buildspec reads (%s: mangoo-release-%s)',
    (step, name, ofTheAction) => {
      const { phases, runtimeVersions, variables: own } = released[step as keyof typeof released];
      const projects = release.template.findResources('AWS::CodeBuild::Project', {
        Properties: { Name: `mangoo-release-${name}` },
      });
      const [project] = Object.values(projects) as {
        Properties: { Environment: { EnvironmentVariables: { Name: string }[] } };
      }[];
      const available = new Set([
        ...(project?.Properties.Environment.EnvironmentVariables ?? []).map(({ Name }) => Name),
        ...Object.keys(own),
        ...ofTheAction,
      ]);
      const missing: string[] = [];
      for (const version of Object.values(runtimeVersions)) {
        missing.push(...[...shellVariables(version).required].filter((variable) => !available.has(variable)));
      }
      for (const command of BUILDSPEC_PHASES.flatMap((phase) => phases[phase]?.commands ?? [])) {
        const texts = [command, ...runBy(command).map((script) => scripts.get(script) ?? '')];
        for (const variable of texts.flatMap((shell) => outer(shell).required)) {
          if (!available.has(variable) && !exports(command).includes(variable)) {
            missing.push(`${variable} in ${command}`);
          }
        }
        for (const variable of exports(command)) available.add(variable);
      }

      expect(project).toBeDefined();
      expect(missing).toEqual([]);
    },
  );

  test('what a release tells whoever approves is exported by the steps before', () => {
    const { build, prepare, deploy } = released;

    expect(build.exportedVariables).toEqual(['DIGESTS']);
    expect(prepare.exportedVariables).toEqual(['CHANGE_SET_URL']);
    expect(deploy.exportedVariables).toEqual([]);
    const exportedBy = new Set(releaseCommands.flatMap(exports));
    expect(
      [...build.exportedVariables, ...prepare.exportedVariables].filter((name) => !exportedBy.has(name)),
    ).toEqual([]);
  });

  test('the digests are those of what was pushed, as short as the text of an approval needs it, each after its name', () => {
    const command =
      released.build.phases.post_build?.commands.find((line) => line.startsWith('DIGESTS=')) ?? '';
    const folder = mkdtempSync(path.join(tmpdir(), 'mangoo-digests-'));
    mkdirSync(path.join(folder, '.artifacts'));
    writeFileSync(
      path.join(folder, '.artifacts/images.tsv'),
      `backend\tr/b\t1.dkr.ecr.x/r/b@sha256:${'a'.repeat(64)}\ts\tpushed\tsha256:cc\nfrontend\tr/f\t1.dkr.ecr.x/r/f@sha256:${'b'.repeat(64)}\ts\tfound\tsha256:bb\n`,
    );
    const { stdout } = spawnSync('bash', ['--norc', '-c', `${command} && printf '%s' "$DIGESTS"`], {
      cwd: folder,
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });

    expect(stdout).toBe('backend sha256:aaaaaaaaaaaa frontend sha256:bbbbbbbbbbbb ');
  });

  test('a release is built as a build of one environment is, up to the push, in the same order', () => {
    // CodePipeline puts its executions in order itself.
    const ONE_ENVIRONMENT = ['image-uri.sh', 'turn.sh'];
    const shared = (all: readonly string[]): string[] =>
      all
        .flatMap(scriptsIn)
        .filter((name) => ![...ONE_ENVIRONMENT, 'take.sh', 'prepare.sh', 'execute.sh'].includes(name));
    const ofBuild = BUILDSPEC_PHASES.flatMap((phase) => released.build.phases[phase]?.commands ?? []);
    const ofDeploy = BUILDSPEC_PHASES.flatMap((phase) => released.deploy.phases[phase]?.commands ?? []);
    const whole = shared(commands);

    expect(shared(ofBuild)).toEqual(whole.slice(0, whole.indexOf('deploy.sh')));
    // The deployment knows its commit and its tag anew, and installs the CDK app alone.
    expect(shared(ofDeploy)).toEqual([
      'source.sh',
      'install.sh',
      'image-tag.sh',
      ...whole.slice(whole.indexOf('deploy.sh')),
    ]);
    expect(released.build.cache).toEqual(buildspec.cache);
    expect(released.build.reports).toEqual(buildspec.reports);
    expect(released.build.variables).toEqual(buildspec.variables);
    expect([...Object.values(released)].map(({ shell }) => shell)).toEqual(['bash', 'bash', 'bash']);
  });

  const documentation = readFileSync('docs/CODEBUILD_CI_CD.md', 'utf8');
  const undocumented = (names: Iterable<string>): string[] =>
    [...names].filter((name) => !documentation.includes(`\`${name}\``));

  test('whoever starts a build by hand finds each of them in the documentation', () => {
    expect(undocumented(given)).toEqual([]);
    expect(undocumented(buildspec.exportedVariables)).toEqual([]);
  });

  // ROLLOUT_POLL_SECONDS and ROLLOUT_TIMEOUT_SECONDS of verify.sh.
  test('and those too that have a default', () => {
    const optional = [...scripts.values(), ...commands].flatMap((shell) => outer(shell).optional);

    expect(undocumented(optional)).toEqual([]);
  });

  test('the buildspec gives no value to what the project gives: it would look valid and never be used', () => {
    expect(Object.keys(buildspec.variables).filter((name) => given.has(name))).toEqual([]);
  });

  test('a build that others follow exports its tag and the image of each name', () => {
    expect(buildspec.exportedVariables).toEqual([
      'IMAGE_TAG',
      'IMAGE_URIS',
      ...config.images.map(({ name }) => `${name.toUpperCase()}_IMAGE_URI`),
    ]);
    expect(buildspec.exportedVariables.filter((name) => !exported.has(name))).toEqual([]);
  });
});

describe('the parser that these tests trust', () => {
  const found = (shell: string): string[] => [...shellVariables(shell).required];

  test('it sees variables wherever the shell expands them', () => {
    expect(
      found('a "$A" ${B} "${C%x}" "$(d "$D")" <<<"$E" "x\'$F\'" ${G:?} ${H#*@} "${I:-$J}" ${#K[@]}'),
    ).toEqual([...'ABCDEFGHJK']);
  });

  test('it sees none where the shell sees text', () => {
    expect(found("awk '$A { print $B }' \\$C # $D\n# $E\n\"$(node -e '${F}')\" $'$G' $1 $# $@")).toEqual([]);
  });

  test('a default makes a variable optional, unless it is read without one too', () => {
    expect([...shellVariables('${A:-1} ${B-} $B ${C+x}').optional]).toEqual(['A', 'C']);
  });

  test('it knows what a script sets, and takes no option for it', () => {
    const { assigned } = shellVariables(
      'A=1; B+=(x)\nif ! C="$(x)"; then\n  D[1]=2\nfi\nread -r E F <f\nfor G in x; do local H=1 I; done\nmapfile -t J <f\ncmd --k K=1 L=2',
    );
    expect([...assigned].sort()).toEqual([...'ABCDEFGHIJ']);
  });
});

describe('the files', () => {
  const index = new Map(
    execFileSync('git', ['ls-files', '--stage', 'ci'], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .map((line) => [/\tci\/(.*)$/.exec(line)?.[1] ?? '', line.slice(0, 6)]),
  );
  const libraries = new Set([...scripts.values()].flatMap(sourced));

  test('the buildspecs, and that of pull requests, run each script of ci/ and no other', () => {
    const programs = [...scripts.keys()].filter((name) => !libraries.has(name));
    const all = [...commands, ...checkCommands, ...releaseCommands];

    expect([...new Set(all.flatMap(runBy))].sort()).toEqual(programs.sort());
  });

  test('git has each as executable: CodeBuild gets them as git has them', () => {
    expect(Object.fromEntries(index)).toEqual(
      Object.fromEntries(
        files.map((name) => [name, scripts.has(name) && !libraries.has(name) ? '100755' : '100644']),
      ),
    );
  });

  test('what is no script is run by one, or imported by what is', () => {
    const programs = [...scripts.values()].flatMap((script) =>
      [...script.matchAll(/(?:^|[ (])node (?:"\$\{ARTIFACTS%\/\*\}\/)?ci\/([\w.-]+)/gm)].map(
        ([, name]) => name,
      ),
    );

    const modules = files.filter((name) => !scripts.has(name));
    const imported = modules.flatMap((name) =>
      [...readFileSync(path.join('ci', name), 'utf8').matchAll(/^import .* from '\.\/(.*)';$/gm)].map(
        ([, other]) => other,
      ),
    );

    expect([...new Set([...programs, ...imported])].sort()).toEqual(modules.sort());
  });

  test.each([...scripts].filter(([name]) => !libraries.has(name)))(
    '%s ends at its first failure',
    (_, script) => {
      expect(script).toMatch(/^#!\/usr\/bin\/env bash\n/);
      expect(script).toMatch(/^set -euo pipefail$/m);
    },
  );

  test('the artifacts are the folder that the scripts fill, all of it', () => {
    expect(buildspec.artifacts).toHaveLength(1);
    expect(buildspec.artifacts[0]).toMatchObject({
      files: ['**/*'],
      excludePaths: [],
      baseDirectory: '.artifacts',
    });
    expect(library).toContain(`ARTIFACTS="$PWD/${buildspec.artifacts[0]?.baseDirectory}"`);
  });

  test('each image has its test report, from the folder that the scripts make', () => {
    expect(buildspec.reports).toEqual(
      config.images.map(({ name }) => ({
        name: `${name}-tests`,
        format: 'JUNITXML',
        files: [`${name}.xml`],
        baseDirectory: '.artifacts/test-reports',
        discardPaths: false,
      })),
    );
    expect(library).toContain('mkdir -p "$ARTIFACTS/test-reports"');
  });

  test('the cache keeps downloads, not what an install makes or what holds a secret', () => {
    expect(buildspec.cache?.paths).toEqual(['/root/.npm/**/*', '/root/.cache/pip/**/*']);
    expect(checks.cache?.paths).toEqual(buildspec.cache?.paths);
  });

  test('the key of a cache in S3 changes with whatever decides what is installed, and with nothing that a branch is called', () => {
    const { key = '', fallbackKeys = [] } = buildspec.cache ?? {};
    const globs = [...key.matchAll(/'([^']+)'/g)].map(([, glob = '']) => new Pattern(glob, '/source'));
    const counts = (file: string): boolean => globs.some((glob) => glob.matches(`/source/${file}`));

    expect(key).toMatch(/^downloads-\$\(codebuild-hash-files (?:'[^'$]+' ?)+\)$/);
    expect(fallbackKeys).toEqual(['downloads-']);
    expect(
      [
        'cdk/package-lock.json',
        'examples/mangoo/backend/requirements.txt',
        'examples/mangoo/backend/requirements-dev.txt',
        'services/web/package-lock.json',
      ].filter((file) => !counts(file)),
    ).toEqual([]);
    expect(counts('backend/app/main.py')).toBe(false);
  });
});

describe('what CodeBuild would refuse or hide', () => {
  const document = parseDocument(text, { version: '1.1' });
  const shell = new Map([
    ...scripts,
    ...['', '-build', '-prepare', '-deploy'].map((step): [string, string] => [
      `buildspec${step}.yml`,
      readFileSync(`buildspec${step}.yml`, 'utf8'),
    ]),
  ]);

  /** FILE:LINE of every match outside comments. */
  function places(pattern: RegExp): string[] {
    return [...shell].flatMap(([name, body]) =>
      body
        .split('\n')
        .flatMap((line, i) => (pattern.test(line.replace(/(^|\s)#.*/, '')) ? [`${name}:${i + 1}`] : [])),
    );
  }

  test('no map is empty: CodeBuild ends the build at it', () => {
    const empty: string[] = [];
    visit(document, (_, node) => {
      if (isMap(node) && !node.items.length) empty.push('{}');
      if (isPair(node) && (node.value === null || (isScalar(node.value) && node.value.value === null))) {
        empty.push(String(node.key));
      }
    });
    expect(empty).toEqual([]);
  });

  test('runtime versions are quoted: 3.10 would be 3.1', () => {
    const versions = document.getIn(['phases', 'install', 'runtime-versions']);

    expect(isMap(versions) && versions.items.map(({ value }) => isScalar(value) && value.type)).toEqual([
      'QUOTE_DOUBLE',
      'QUOTE_DOUBLE',
    ]);
    expect(Object.keys(buildspec.runtimeVersions)).toEqual(['nodejs', 'python']);
  });

  test('bash runs the commands, which is what they are written for', () => {
    expect(buildspec.shell).toBe('bash');
  });

  test('no command swallows a failure', () => {
    expect(places(/\|\|\s*(?:true|:|echo|printf)(?:\s|$)/)).toEqual([]);
    expect(places(/\bset \+e\b/)).toEqual([]);
  });

  test('no assignment hides that of its command', () => {
    expect(places(/\b(?:export|local|readonly|declare(?: -\w+)?)\s+\w+="?(?:\$\(|`)/)).toEqual([]);
  });

  test('no phase goes on after a failure', () => {
    expect(BUILDSPEC_PHASES.map((phase) => buildspec.phases[phase]?.onFailure)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the order', () => {
  const at = (script: string): number => commands.findIndex((command) => scriptsIn(command).includes(script));

  test.each([
    ['nothing is installed before it is known what is needed', 'plan.sh', 'install.sh'],
    ['the dependencies are installed before anything needs them', 'install.sh', 'test-and-build.sh'],
    ['the registry knows the build before it is asked', 'login.sh', 'push.sh'],
    ['a deleted repository is healed before anything is pushed to it', 'repositories.sh', 'push.sh'],
    ['nothing untested is pushed', 'test-and-build.sh', 'push.sh'],
    ['whose build it is, is told before anything can fail', 'source.sh', 'install.sh'],
    ['what is deployed is in the registry', 'push.sh', 'deploy.sh'],
    ['what is scanned is in the registry', 'push.sh', 'scan.sh'],
    ['what is refused is not deployed', 'scan.sh', 'deploy.sh'],
    ['nothing is deployed out of turn', 'turn.sh', 'deploy.sh'],
    ['a build that waits for its turn has done all else', 'scan.sh', 'turn.sh'],
    ['a rollout is watched after it began', 'deploy.sh', 'verify.sh'],
    ['a release is what was seen to run', 'verify.sh', 'release.sh'],
    ['latest moves to what is recorded', 'release.sh', 'tag-latest.sh'],
    ['the summary tells what has happened', 'tag-latest.sh', 'summary.sh'],
  ])('%s', (_, first, second) => {
    expect(at(first)).toBeGreaterThanOrEqual(0);
    expect(at(first)).toBeLessThan(at(second));
  });

  test.each([
    ['1', 0],
    ['0', 1],
    [undefined, 1],
  ])(
    'with CODEBUILD_BUILD_SUCCEEDING=%s, post_build ends with %d: CodeBuild runs it after a failed build too',
    (value, code) => {
      const [first = ''] = buildspec.phases.post_build?.commands ?? [];
      const env = value === undefined ? {} : { CODEBUILD_BUILD_SUCCEEDING: value };

      expect(spawnSync('bash', ['--norc', '-c', first], { env }).status).toBe(code);
    },
  );
});

test('a build that fails after the tests began is recorded, whatever it fails at', () => {
  expect(buildspec.phases.post_build?.finally).toEqual(['ci/release.sh failed']);
});

describe('a repository that was deleted and is made again', () => {
  let made: Record<string, unknown>;
  let tags: string | undefined;

  beforeAll(async () => {
    const build = await ScratchBuild.create();
    try {
      await build.answers('aws', [
        { to: 'ecr describe-repositories --repository-names mangoo-backend --query *' },
        { to: 'ecr describe-repositories *', stderr: NOT_FOUND, exit: 254 },
        { to: 'ecr create-repository *' },
        { to: 'ecr put-lifecycle-policy *' },
      ]);
      const outcome = await build.run('repositories.sh', variables);
      const [create] = callsOf(outcome, 'aws ecr create-repository');
      const [policy] = callsOf(outcome, 'aws ecr put-lifecycle-policy');
      if (!create || !policy) throw new Error(`nothing was made: ${outcome.stderr}`);
      const filters = create.args.filter((arg) => arg.startsWith('filterType='));
      tags = option(create, '--tags');
      made = {
        RepositoryName: option(create, '--repository-name'),
        ImageScanningConfiguration: {
          ScanOnPush: option(create, '--image-scanning-configuration') === 'scanOnPush=true',
        },
        EncryptionConfiguration: {
          EncryptionType: option(create, '--encryption-configuration')?.replace('encryptionType=', ''),
        },
        ImageTagMutability: option(create, '--image-tag-mutability'),
        ImageTagMutabilityExclusionFilters: filters.map((filter) => {
          const [type, value] = filter.split(',');
          return {
            ImageTagMutabilityExclusionFilterType: type?.replace('filterType=', ''),
            ImageTagMutabilityExclusionFilterValue: value?.replace('filter=', ''),
          };
        }),
        LifecyclePolicy: { LifecyclePolicyText: option(policy, '--lifecycle-policy-text') },
      };
    } finally {
      await build.remove();
    }
  });

  function ofTheStack(): Record<string, unknown> {
    const found = Object.values(template.findResources('AWS::ECR::Repository'))
      .map(({ Properties }) => Properties as Record<string, unknown>)
      .find(({ RepositoryName }) => RepositoryName === 'mangoo-frontend');
    // AWS's default, which CDK leaves out.
    return { EncryptionConfiguration: { EncryptionType: 'AES256' }, ...found };
  }

  test('it has the settings of the stack: nobody finds out later that its tags are mutable', () => {
    const settings = ofTheStack();
    delete settings.Tags;

    expect(made).toEqual(settings);
  });

  test('it has the tags of the stack, by which its costs are found', () => {
    expect(JSON.parse(tags ?? '')).toHaveLength(3);
    expect(JSON.parse(tags ?? '')).toEqual(expect.arrayContaining(ofTheStack().Tags as unknown[]));
  });
});
