import fc from '../../drawn-inputs';
import { buildspecFile } from '../../../tools/preflight/model/buildspec-file';
import type { Command } from '../../../tools/preflight/model/command';
import { commandsOf } from '../../../tools/preflight/model/commands';
import type { Project } from '../../../tools/preflight/model/project';
import type { SourceTree } from '../../../tools/preflight/model/source-tree';

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly project?: Project;
}

function commandsIn(text: string, { files = {}, project }: Given = {}): Command[] {
  const source = { read: (path: string) => files[path] } as Partial<SourceTree> as SourceTree;
  return commandsOf(buildspecFile(text, { file: 'buildspec.yml', line: 1 }, 'file'), project, source);
}

/** Of one phase; each entry a block of its own. */
function built(
  entries: readonly string[],
  given: Given & { version?: string; shell?: string } = {},
): Command[] {
  const { version = '0.2', shell = 'bash' } = given;
  return commandsIn(
    `version: ${version}\nenv:\n  shell: ${shell}\nphases:\n  build:\n    commands: ${JSON.stringify(entries)}\n`,
    given,
  );
}

function lines(commands: readonly Command[]): string[] {
  return commands.map(({ name, words }) => [name, ...words].join(' '));
}

function find(commands: readonly Command[], name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (!found) throw new Error(`no ${name} among ${lines(commands).join(' | ')}`);
  return found;
}

function ignored(script: string, name = 'a', given: Parameters<typeof built>[1] = {}): string | undefined {
  return find(built([script], given), name).ignored;
}

describe('where a command stands', () => {
  const text = `version: 0.2
phases:
  build:
    commands:
      - docker build .
      - |
        set -e
        docker push a

        ./deploy.sh
      - >-
        npm
        ci
`;

  test('the line is that of the command, also within a block, so that a finding can be clicked', () => {
    const places = commandsIn(text).map(({ name, place }) => `${name} ${place.file}:${place.line}`);

    expect(places).toEqual([
      'docker buildspec.yml:5',
      'set buildspec.yml:7',
      'docker buildspec.yml:8',
      'deploy.sh buildspec.yml:10',
      'npm buildspec.yml:11',
    ]);
  });

  test('commands of a script stand in the script', () => {
    const files = { 'deploy.sh': '#!/bin/bash\n\nfor s in a b; do\n  cdk deploy $s\ndone\n' };

    expect(find(commandsIn(text, { files }), 'cdk').place).toEqual({ file: 'deploy.sh', line: 4 });
  });

  test('phases come in their order, whatever the file says, and finally after commands', () => {
    const said = commandsIn(`version: 0.2
phases:
  post_build: {commands: [e]}
  build: {finally: [d], commands: [c]}
  install: {commands: [a]}
  pre_build: {commands: [b]}
`).map(({ name, phase, block }) => `${name} ${phase} ${block}`);

    expect(said).toEqual([
      'a install commands',
      'b pre_build commands',
      'c build commands',
      'd build finally',
      'e post_build commands',
    ]);
  });
});

describe('what is run', () => {
  test.each([
    ['npx cdk deploy', 'cdk deploy', 'npx'],
    ['npx --yes aws-cdk@2 deploy --all', 'cdk deploy --all', 'npx'],
    ['npx -p aws-cdk cdk deploy', 'cdk deploy', 'npx'],
    ['./node_modules/.bin/cdk synth', 'cdk synth', 'node_modules/.bin/'],
    ['sudo -E docker push a', 'docker push a', 'sudo'],
    ['sudo -u me npx cdk diff', 'cdk diff', 'npx'],
    ['env A=1 docker ps', 'docker ps', 'env'],
    ['time docker build .', 'docker build .', undefined],
    ['timeout -k 5 60 docker pull a', 'docker pull a', 'timeout'],
    ['nohup exec nice -n 5 make', 'make', 'nice'],
    ['cat ids | xargs -n 1 -I {} aws ec2 stop-instances', 'aws ec2 stop-instances', 'xargs'],
    ['python3 -m pytest tests', 'pytest tests', 'python3 -m'],
    ['python -m pip install x', 'pip install x', 'python -m'],
    ['/usr/local/bin/aws s3 ls', 'aws s3 ls', undefined],
    ['poetry run pytest', 'pytest', 'poetry run'],
    ['command -v docker', 'command -v docker', undefined],
    ['sudo', 'sudo', undefined],
  ])('%s', (written, line, via) => {
    const last = built([written]).at(-1)!;

    expect([last.name, ...last.words].join(' ')).toBe(line);
    expect(last.via).toBe(via);
    expect(written).toContain(last.text);
  });

  test('quotes go, known variables are replaced, and what is not known stays as written', () => {
    const commands = built([
      'REPO=mangoo TAG="1 2"',
      'LIST="x y"',
      'export NAME="$REPO-app"',
      `docker 'a b'"$TAG" $LIST \${NAME} "\${NAME:-z}" $UNKNOWN "\${OTHER:-d}" $(date) \\$x ""`,
    ]);

    expect(find(commands, 'docker').words).toEqual([
      'a b1 2',
      'x',
      'y',
      'mangoo-app',
      'mangoo-app',
      '$UNKNOWN',
      '${OTHER:-d}',
      '$(date)',
      '$x',
      '',
    ]);
  });

  test('what a program prints, a reader reads or a loop counts is not known', () => {
    const commands = built(['A=$(date); read B; C=1', 'for C in 1 2; do aws $A $B $C; done', 'docker $C']);

    expect(find(commands, 'aws').words).toEqual(['$A', '$B', '$C']);
    expect(find(commands, 'docker').words).toEqual(['$C']);
  });

  test('a variable that only one branch sets is not known after it', () => {
    const commands = built(['X=1; Y=1; if a; then X=2; Y=1; fi', 'docker $X $Y']);

    expect(find(commands, 'docker').words).toEqual(['$X', '1']);
  });

  test("the project's variables go before the buildspec's, and secrets are not known", () => {
    const variables = [
      { name: 'A', value: 'project', type: 'PLAINTEXT' },
      { name: 'S', value: '/mangoo/s', type: 'PARAMETER_STORE' },
    ];
    const project = { stack: { region: 'eu-west-1' }, environment: { variables } } as unknown as Project;
    const [command] = commandsIn(
      `version: 0.2
env:
  variables: {A: buildspec, B: buildspec, S: buildspec}
phases:
  build: {commands: ['docker $A $B $S $AWS_REGION']}
`,
      { project },
    );

    expect(command!.words).toEqual(['project', 'buildspec', '$S', 'eu-west-1']);
  });

  test('variables are those at that time, and those of a line hold for that line only', () => {
    const [, a, b] = built(['X=1', 'Y=2 a', 'b']);

    expect(Object.fromEntries(a!.variables)).toEqual({ X: '1', Y: '2' });
    expect(Object.fromEntries(b!.variables)).toEqual({ X: '1' });
  });

  test('what it sets is told with whether the build keeps it', () => {
    const set = built(
      ['A=1 && export B="$(b)"', '(C=1); echo | read D; read E < f', 'bash x.sh', 'source x.sh'],
      { files: { 'x.sh': 'F=1' } },
    ).flatMap(({ sets, inBuildShell }) => sets.map((name) => `${name} ${inBuildShell}`));

    expect(set).toEqual(['A true', 'B true', 'C false', 'D false', 'E true', 'F false', 'F true']);
  });
});

describe('in which folder', () => {
  function folders(entries: readonly string[], given?: Parameters<typeof built>[1]): (string | undefined)[] {
    return built(entries, given)
      .filter(({ name }) => name === 'a')
      .map(({ cwd }) => cwd);
  }

  test.each<[string, string[], (string | undefined)[]]>([
    ['cd lasts', ['a', 'cd x', 'a', 'cd ../y/./z/', 'a'], ['', 'x', 'y/z']],
    ['cd && lasts', ['cd x && a', 'a'], ['x', 'x']],
    ['a subshell goes alone', ['(cd x && a)', 'a'], ['x', '']],
    ['so does a pipe', ['cd x | a', 'a'], ['', '']],
    ['and $( )', ['echo $(cd x; a)', 'a'], ['x', '']],
    ['and what is in the background', ['cd x && a &', 'a'], ['x', '']],
    ['back', ['cd x', 'cd y', 'cd -', 'a', 'cd -', 'a'], ['x', 'x/y']],
    ['pushd', ['pushd x', 'a', 'popd', 'a'], ['x', '']],
    ['to the root', ['cd x/y', 'cd "$CODEBUILD_SRC_DIR/z"', 'a', 'cd ${CODEBUILD_SRC_DIR}', 'a'], ['z', '']],
    ['by a variable', ['D=x', 'cd "$D/y"', 'a', 'R=$PWD', 'cd /', 'cd $R', 'a'], ['x/y', 'x/y']],
    ['unknown', ['cd $DIR', 'a', 'cd x', 'a', 'cd $CODEBUILD_SRC_DIR', 'a'], [undefined, undefined, '']],
    [
      'outside',
      ['cd ..', 'a', 'cd', 'a', 'cd /tmp', 'a', 'cd ~', 'a'],
      [undefined, undefined, undefined, undefined],
    ],
    ['perhaps', ['if b; then cd x; fi', 'a'], [undefined]],
    ['perhaps, after a question', ['[ -d x ] && cd x; a'], [undefined]],
    ['both ways the same', ['if b; then cd x; else cd ./x; fi', 'a'], ['x']],
    ['the other way ends', ['cd x || exit 1', 'a'], ['x']],
    ['in a loop, and back', ['for d in p q; do cd x; a; cd ..; done', 'a'], ['x', '']],
    ['to a folder of each turn', ['for d in p q; do cd $d; a; done', 'a'], [undefined, undefined]],
    ['in a function', ['go() { cd x; }', 'go', 'a'], ['x']],
  ])('%s', (_, entries, expected) => {
    expect(folders(entries)).toEqual(expected);
  });

  test('version 0.1 begins anew with each entry', () => {
    expect(folders(['cd x && a', 'a'], { version: '0.1' })).toEqual(['x', '']);
  });

  test('a child goes alone, a sourced script takes the build with it', () => {
    const files = { 'x.sh': 'cd x\na\n' };

    expect(folders(['bash x.sh', 'a', '. ./x.sh', 'a'], { files })).toEqual(['x', '', 'x', 'x']);
  });

  test('a script that goes to where it lies is followed', () => {
    const go = 'cd "$(dirname "${BASH_SOURCE[0]}")/.."\na\n';
    const files = {
      'ci/x.sh': `#!/bin/sh
HERE="$(cd "$(dirname "$0")" && pwd)"\ncd "$HERE"\na\nsource common.sh`,
      'ci/common.sh': go,
    };

    expect(folders(['cd sub', '../ci/x.sh'], { files })).toEqual(['ci', '']);
  });

  test('cd to the root of the repository is followed', () => {
    expect(folders(['cd x', 'cd "$(git rev-parse --show-toplevel)"', 'a'])).toEqual(['']);
  });
});

describe('whether it fails the build', () => {
  test.each<[string, string | undefined]>([
    ['a', undefined],
    ['a || true', 'or'],
    ['a || b || c', 'or'],
    ['a && b', undefined],
    ['a && b || true', 'or'],
    ['b || a', undefined],
    ['a || exit 1', undefined],
    ['a || { echo failed; exit 2; }', undefined],
    ['a || exit 0', 'or'],
    ['a || { echo failed >&2; false; }', undefined],
    ['die() { exit 1; }; a || die', undefined],
    ['a || (echo failed; exit 1)', undefined],
    ['a || false; b', 'sequence'],
    ['set -e; a || { echo failed; false; }; b', undefined],
    // That ends only the shell in parentheses.
    ['a || (echo failed; exit 1); b', 'sequence'],
    ['set -e; a || (echo failed; exit 1); b', undefined],
    ['f() { for i in 1 2; do a && return; sleep 1; done; exit 1; }; f', 'condition'],
    ['a; b', 'sequence'],
    ['b; a', undefined],
    ['a\nb', 'sequence'],
    ['a && b; c', 'sequence'],
    ['a; if [ $? -ne 0 ]; then exit 1; fi', undefined],
    ['a; echo $?', 'sequence'],
    ['a | b', 'pipe'],
    ['b | a', undefined],
    ['set -o pipefail; a | b', undefined],
    ['set -e; a; b', undefined],
    ['set -ex\na\nb', undefined],
    ['set -e; set +e; a; b', 'sequence'],
    ['set -euo pipefail; a | b; c', undefined],
    ['set -e; a | b; c', 'pipe'],
    // A list before its last command is a question to `set -e`.
    ['set -e; a && b; c', 'sequence'],
    ['set -e; b && a; c', undefined],
    ['set -e; if a; then b; fi', 'condition'],
    ['set -e; if b; then a; fi; c', undefined],
    ['if b; then a; fi; c', 'sequence'],
    ['if b; then a; fi', undefined],
    ['if ! a; then exit 1; fi', undefined],
    ['if a; then b; else exit 1; fi', undefined],
    ['while a; do b; done', 'condition'],
    ['until a; do b; done', 'condition'],
    ['for x in 1 2; do a; done', 'sequence'],
    ['set -e; for x in 1 2; do a; done', undefined],
    ['! a', 'negation'],
    ['a & b', 'background'],
    ['a & pid=$!; b; wait $pid', undefined],
    ['X=$(a)', undefined],
    ['X=$(a); b', 'sequence'],
    ['set -e; X=$(a); b', undefined],
    ['export X=$(a)', 'assignment'],
    ['set -e; f() { local X="$(a)"; }; f', 'assignment'],
    ['readonly X=`a`', 'assignment'],
    ['echo "$(a)"', 'argument'],
    ['X=$(a) b', 'argument'],
    ['b <(a)', 'argument'],
    ['X=$(set -e; a; b)', undefined],
    ['set -e; X=$(a; b)', 'sequence'],
    ['(a; b)', 'sequence'],
    ['(set -e; a; b)', undefined],
    ['(set -e; a; b) || true', 'or'],
    ['{ a; } || true', 'or'],
    ['f() { a; b; }; f', 'sequence'],
    ['set -e; f() { a; b; }; f', undefined],
    // Whoever asks about a function turns `set -e` off in it.
    ['set -e; f() { a; b; }; if f; then c; fi', 'sequence'],
    ['set -e; f() { a; b; }; f || true', 'or'],
    ['bash -c "a; b"', 'sequence'],
    ['bash -ec "a; b"', undefined],
    ['bash -ec "a; b" || true', 'or'],
    ['case $X in y) a ;; esac', undefined],
    ['sudo bash -c a', undefined],
  ])('%s: %s', (written, expected) => {
    expect(ignored(written)).toBe(expected);
  });

  test('an option of an entry is not one of the next', () => {
    expect(find(built(['set -e', 'a; b']), 'a').ignored).toBe('sequence');
  });

  test('what runs instead is told', () => {
    expect(find(built(['a 2>/dev/null || echo "no a"']), 'a')).toMatchObject({
      instead: 'echo "no a"',
      redirects: ['2>/dev/null'],
    });
  });

  test.each<[string, string, string | undefined]>([
    ['a script has its own options', './x.sh', undefined],
    ['which those of the caller are not', 'set -e; bash y.sh; b', 'sequence'],
    ['but a sourced script has', 'set -e; . ./y.sh; b', undefined],
    ['as has one whose shebang sets them', './z.sh', undefined],
    ['unless it is given to a shell', 'bash z.sh', 'sequence'],
    ['whoever calls it may take no notice', './x.sh | tee log', 'pipe'],
    ['an asked child still stops by itself, and says so', 'if ./x.sh; then b; fi', 'condition'],
  ])('%s: %s', (_, written, expected) => {
    const files = {
      'x.sh': '#!/usr/bin/env bash\nset -e\na\nb\n',
      'y.sh': 'a\nb\n',
      'z.sh': '#!/bin/bash -e\na\nb\n',
    };

    expect(ignored(written, 'a', { files })).toBe(expected);
  });
});

describe('whether it runs at all', () => {
  test.each<[string, boolean, string[]]>([
    ['a', false, []],
    ['b && a', false, ['b']],
    ['b && a || c', true, ['b']],
    ['b || a', true, ['b']],
    ['b; set +e; b && a; c', true, ['b']],
    ['if b; then a; fi', true, ['b']],
    ['if b; then c; else a; fi', true, ['b']],
    ['if a; then b; fi', false, []],
    ['for x in 1; do a; done', true, []],
    ['while b; do a; done', true, ['b']],
    ['case $X in y|z) a ;; esac', true, ['case $X in y|z']],
    ['[ "$X" = 1 ] && a', false, ['[ "$X" = 1 ]']],
  ])('%s: %s', (written, conditional, guards) => {
    expect(find(built([written]), 'a')).toMatchObject({ conditional, guards });
  });

  test('what follows an exit does not run', () => {
    expect(lines(built(['a; exit 0; b', 'c']))).toEqual(['a', 'exit 0', 'c']);
  });

  test('a function that nobody calls does not run', () => {
    expect(lines(built(['f() { a; }; b']))).toEqual(['b']);
  });
});

describe('into what is called', () => {
  test('scripts get their words', () => {
    const files = {
      'd.sh': '#!/bin/sh\ndeploy() { shift; cdk deploy "$@" --region $1; }\ndeploy "$1" "$2"\n',
    };

    expect(lines(built(['./d.sh prod "my stack"'], { files }))).toContain(
      'cdk deploy my stack --region my stack',
    );
  });

  test('what variables a script gets it has', () => {
    const files = { 'd.sh': 'cdk deploy $STACK $REGION' };

    expect(lines(built(['STACK=S', 'REGION=eu sh d.sh'], { files }))).toContain('cdk deploy S eu');
  });

  test('functions of a sourced script are known to whoever sources it', () => {
    const files = { 'lib.sh': 'push() { docker push "$1"; }\n', 'x.sh': 'source lib.sh\npush a\n' };
    const commands = built(['bash x.sh'], { files });

    expect(lines(commands)).toEqual(['bash x.sh', 'source lib.sh', 'docker push a']);
    expect(commands.at(-1)!.place).toEqual({ file: 'lib.sh', line: 1 });
  });

  test('scripts in other languages are not read as shell', () => {
    const files = { 'x.py': '#!/usr/bin/env python3\nimport a\n', 'y.js': 'a()' };

    expect(lines(built(['./x.py', './y.js'], { files }))).toEqual(['x.py', 'y.js']);
  });

  test('npm scripts run in the folder of their package, with those before and after, at their line', () => {
    const files = {
      'app/package.json': `{
  "scripts": {
    "prebuild": "rm -rf dist",
    "build": "npm run compile -- --strict && vite build",
    "compile": "tsc -p ."
  }
}`,
    };
    const commands = built(['cd app/src', 'npm run build', 'npm --prefix .. run compile'], { files });

    expect(
      commands.map(({ name, words, cwd, place }) => `${cwd} ${[name, ...words].join(' ')} ${place.line}`),
    ).toEqual([
      ' cd app/src 6',
      'app/src npm run build 6',
      'app rm -rf dist 3',
      'app npm run compile -- --strict 4',
      'app tsc -p . --strict 5',
      'app vite build 4',
      'app/src npm --prefix .. run compile 6',
      'app tsc -p . 5',
    ]);
  });

  test.each([
    ['npm test', 'jest'],
    ['npm t -- -i', 'jest -i'],
    ['yarn test --ci', 'jest --ci'],
    ['yarn run test', 'jest'],
    ['pnpm test', 'jest'],
    ['npm start', 'node .'],
  ])('%s', (written, line) => {
    const files = { 'package.json': '{"scripts": {"test": "jest", "start": "node ."}}' };

    expect(lines(built([written], { files })).at(-1)).toBe(line);
  });

  test('a failure within an npm script counts as that of npm does', () => {
    const files = { 'package.json': '{"scripts": {"test": "a && b"}}' };

    expect(ignored('npm test || true', 'a', { files })).toBe('or');
    expect(ignored('npm test', 'a', { files })).toBeUndefined();
  });

  test('make runs the recipes of a target after those that it needs', () => {
    const files = {
      Makefile:
        'IMAGE := mangoo\n\nall: build push\n\nbuild:\n\t@docker build -t $(IMAGE) \\\n\t  .\n\npush: build\n\t-docker push $(IMAGE):$$TAG\n',
    };
    const commands = built(['make push'], { files });

    expect(lines(commands)).toEqual(['make push', 'docker build -t mangoo .', 'docker push mangoo:$TAG']);
    expect(commands.map(({ place, ignored: by }) => `${place.line} ${by}`)).toEqual([
      '6 undefined',
      '6 undefined',
      '10 or',
    ]);
  });
});

describe('whatever the input', () => {
  const CALLS_ITSELF = {
    'x.sh': './x.sh\n./x.sh\nbash x.sh; . ./x.sh',
    'package.json': '{"scripts":{"a":"npm run a"}}',
  };

  test('what calls itself ends', () => {
    expect(
      lines(built(['./x.sh', 'npm run a', 'f() { f; g; }; g() { f; }; f'], { files: CALLS_ITSELF })),
    ).toContain('npm run a');
  });

  test('what would run for ever is cut off', () => {
    const doubling = Array.from({ length: 24 }, (_, i) => `f${i}() { f${i + 1}; f${i + 1}; a; }`).join('\n');

    expect(built([`${doubling}\nf0`]).length).toBeLessThanOrEqual(20_000);
  });

  test('a list of plain commands gives back these commands', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9./:@-]{0,11}$/);
    const plain = fc
      .array(word, { minLength: 1, maxLength: 5 })
      .map((words) => words.join(' '))
      .filter((line) => invokesItself(line));
    fc.assert(
      fc.property(
        fc.array(plain, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('\n', ' && ', '; ', ';\n', ' || ', ' | '),
        (list, by) => {
          expect(lines(built([list.join(by)]))).toEqual(list);
        },
      ),
    );
  });

  test('quoted words come back as they were', () => {
    const quoted = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && !/\r/.test(text));
    fc.assert(
      fc.property(fc.array(quoted, { maxLength: 4 }), (words) => {
        const written = ['cmd', ...words.map((text) => `'${text.replaceAll("'", `'\\''`)}'`)].join(' ');
        expect(built([written])[0]!.words).toEqual(words);
      }),
    );
  });

  test.each<[string, fc.Arbitrary<string>]>([
    ['any text', fc.string({ unit: 'binary', maxLength: 200 })],
    [
      'anything made of shell',
      fc
        .array(
          fc.constantFrom(
            ...[
              '"',
              "'",
              '`',
              '$(',
              ')',
              '${',
              '}',
              '((',
              '))',
              '[[',
              ']]',
              '<<E\n',
              'E',
              '\n',
              ';',
              ';;',
              '&&',
              '||',
              '|',
              '&',
              '!',
            ],
            ...[
              'if ',
              'then ',
              'fi',
              'for x in ',
              'do ',
              'done',
              'case x in ',
              'esac',
              'f() {',
              'cd ',
              'a ',
              'X=',
              '$X',
              '$@',
              '\\',
            ],
            ...[
              '>',
              '<(',
              'function ',
              'time ',
              'exit ',
              'return',
              'npm run a',
              './x.sh',
              'npx ',
              'xargs ',
              'bash -c ',
              'set -e',
            ],
          ),
          { maxLength: 60 },
        )
        .map((parts) => parts.join('')),
    ],
  ])('%s neither throws nor hangs', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (text) => {
        const files = { ...CALLS_ITSELF, 'y.sh': text, Makefile: text, 'z/package.json': text };
        built([text, './y.sh', '. ./y.sh', 'make', 'cd z; npm test'], { files });
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['parentheses', '('.repeat(5000)],
    ['substitutions', '$('.repeat(5000)],
    ['quotes within quotes', '"$(echo '.repeat(2000)],
    ['conditions', 'if a; then '.repeat(3000)],
    ['one line of and', Array.from({ length: 20_000 }, () => 'a').join(' && ')],
    ['variables', Array.from({ length: 10_000 }, (_, i) => `V${i}=${i}`).join('\n')],
  ])('%s without end are read, or left', (_, text) => {
    expect(built([text, 'last']).map(({ name }) => name)).toContain(text.startsWith('a && a') ? 'a' : 'last');
  });
});

/** Whether it runs nothing but itself, and goes nowhere. */
function invokesItself(line: string): boolean {
  const name = line.split(' ')[0]!;
  return !/[/.:]/.test(name) && !WORDS_OF_SHELL.has(name);
}

const WORDS_OF_SHELL = new Set(
  'if then else elif fi do done case esac while until for in select function time coproc exit return exec env sudo npx bunx nice nohup xargs command builtin timeout ionice stdbuf setsid unbuffer sh bash'.split(
    ' ',
  ),
);
