import type { BuildspecPhase } from '../../buildspec/buildspec';
import type { Place } from './place';

/** One simple command that a build runs: a program with its words, a builtin, `[[ … ]]`, or an assignment (without a name). */
export interface Command {
  readonly phase: BuildspecPhase;
  readonly block: 'commands' | 'finally';
  /** Of the entry of `commands` that it belongs to, from 0. */
  readonly index: number;
  /** In the buildspec, or in the script that the entry calls. */
  readonly place: Place;
  /** As written. */
  readonly text: string;
  /**
   * The program without its folder, e.g. `docker`, `aws`, `cdk`; empty where it is not known. What `npx`, `sudo`, `env`, `exec`,
   * `time`, `timeout`, `nohup`, `xargs`, `python -m` and `node_modules/.bin/` run is the program itself.
   */
  readonly name: string;
  /** How it was reached, e.g. `npx`, where it is not called by its own name. */
  readonly via?: string;
  /** Of a program that is called by a path: the file, from the source's root, whether or not the source has it. */
  readonly path?: string;
  /** After the program, quotes removed, known variables replaced; what is not known stays as written, e.g. `$TAG`. */
  readonly words: readonly string[];
  /** Assigned before it, or exported, in this shell so far: known values only. */
  readonly variables: ReadonlyMap<string, string>;
  /** Variables that it sets in its shell, known or not: by assignment, `export`, `read` and their like. */
  readonly sets: readonly string[];
  /** Whether it runs in the build's own shell, so that what it sets stays: not in a script's, a subshell, a pipe or `$(…)`. */
  readonly inBuildShell: boolean;
  /** From the source's root, `` being the root itself; undefined where it is not known, or outside of the source. */
  readonly cwd?: string;
  /**
   * Whether it runs only if something else holds: within `if`, `case`, a loop, after `||`, and after `&&` unless what stands
   * before that ends the build by failing.
   */
  readonly conditional: boolean;
  /** What was asked before it runs, as written: the questions of `if`, `while` and `case` around it, and what stands before `&&` and `||`. */
  readonly guards: readonly string[];
  /**
   * Why its failure does not end the build; undefined where it does. `or`: something else runs instead (`|| true`); `pipe`:
   * only the last command of a pipe counts; `sequence`: only the last command of an entry counts; `condition`: it is the
   * question of an `if`; `assignment`: `export X=$(…)`; `argument`: `echo $(…)`; `background`: nobody waits for it; `negation`.
   */
  readonly ignored?: Ignored;
  /** After `||`, what runs instead, as written, e.g. `true`. */
  readonly instead?: string;
  /** Where its standard output or error goes, e.g. `> /dev/null`, `2>&1`, as written. */
  readonly redirects: readonly string[];
}

export type Ignored =
  'or' | 'pipe' | 'sequence' | 'condition' | 'assignment' | 'argument' | 'background' | 'negation';

/**
 * Options without a value: a word after one of them is no part of it. Of the AWS CLI, whose options have values by default, and
 * of the CDK's. https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
 * https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd.html
 */
const FLAGS = new Map<string, ReadonlySet<string>>(
  Object.entries({
    aws: new Set(
      `--debug --no-verify-ssl --no-paginate --no-sign-request --no-cli-pager --cli-auto-prompt --no-cli-auto-prompt --version
    --recursive --quiet --dryrun --delete --force --force-new-deployment --no-force-new-deployment --only-show-errors --follow
    --with-decryption --no-with-decryption --overwrite --no-overwrite --publish --no-publish --exact-timestamps --size-only
    --no-progress --no-fail-on-empty-changeset --no-execute-changeset --force-upload --use-json --skip-final-snapshot
    --include-email --no-include-email --no-guess-mime-type --force-delete-without-recovery --enable-execute-command`.split(
        /\s+/,
      ),
    ),
    cdk: new Set(
      `--all --ci --exclusively -e --force -f --hotswap --hotswap-fallback --no-rollback --rollback --no-previous-parameters
    --previous-parameters --quiet -q --no-notices --notices --verbose -v --debug --json -j --strict --no-staging --staging
    --no-asset-metadata --asset-metadata --no-path-metadata --path-metadata --no-version-reporting --version-reporting --no-lookups
    --lookups --ignore-errors --execute --no-execute --watch --no-color --color --trace --asset-parallelism --no-asset-parallelism
    --asset-prebuild --no-asset-prebuild --import-existing-resources --fail --no-fail --yes -y --express --ignore-no-stacks --i
    --no-validation --validation --no-bundling --no-change-set --include-deps --long -l --show-template --termination-protection
    --no-ec2creds --ec2creds -i`.split(/\s+/),
    ),
  }),
);

/** The opposite for programs whose options are flags by default: those with a value. */
const VALUED = new Map<string, ReadonlySet<string>>(
  Object.entries({
    docker: new Set(
      `-t --tag -f --file --build-arg --target --platform --cache-from --cache-to -o --output --progress --secret --ssh --network --label
    --iidfile --metadata-file --builder --build-context --add-host --shm-size --ulimit --attest --provenance --sbom --allow --annotation
    -u --username -p --password --password-stdin= -e --env --env-file -v --volume -w --workdir --name --entrypoint --mount --user
    --publish --hostname -h --memory -m --cpus --context -c --config -H --host -l --log-level --profile --project-name --driver
    --driver-opt --buildkitd-flags --set --format --filter --restart --gpus --link --dns --expose`.split(
        /\s+/,
      ),
    ),
    git: new Set('-C -c --git-dir --work-tree -b --branch --depth -m --message --origin -o'.split(' ')),
    npm: new Set(
      '--prefix -C -w --workspace --registry --userconfig --cache --omit --include --loglevel'.split(' '),
    ),
    pip: new Set(
      '-r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url -d --dest --prefix'.split(
        ' ',
      ),
    ),
    'apt-get': new Set('-o -c -t --option --config-file --target-release'.split(' ')),
    python: new Set('-m -c -W -X'.split(' ')),
    terraform: new Set('-var -var-file -target -replace -state -lock-timeout -parallelism'.split(' ')),
    bash: new Set('-o -O --rcfile --init-file'.split(' ')),
  }),
);

/** Other names of the same command line. */
const SAME = new Map(
  Object.entries({
    podman: 'docker',
    'docker-compose': 'docker',
    yarn: 'npm',
    pnpm: 'npm',
    pip3: 'pip',
    apt: 'apt-get',
    python3: 'python',
    sh: 'bash',
    tofu: 'terraform',
  }),
);

/** Whether the next word is its value. */
function takesValue(program: string, name: string): boolean {
  const same = SAME.get(program) ?? program;
  const flags = FLAGS.get(same);
  if (flags) return !flags.has(name);
  return VALUED.get(same)?.has(name) ?? false;
}

/** An option's value by any of its names, the last one given: `--name value`, `--name=value`; true where it has no value. */
export function option(command: Command, ...names: string[]): string | true | undefined {
  return given(command, names).at(-1);
}

/** Every value of an option that may be repeated. */
export function options(command: Command, ...names: string[]): string[] {
  return given(command, names).filter((value) => value !== true);
}

function given({ name: program, words }: Command, names: readonly string[]): (string | true)[] {
  const found: (string | true)[] = [];
  for (const [i, word] of words.entries()) {
    if (word === '--') break;
    const equals = word.indexOf('=');
    if (word.startsWith('-') && equals > 0 && names.includes(word.slice(0, equals)))
      found.push(word.slice(equals + 1));
    else if (names.includes(word)) {
      const next = words[i + 1];
      // A program that is in no table: what follows is taken for the value.
      const same = SAME.get(program) ?? program;
      const known = FLAGS.has(same) || VALUED.has(same);
      const hasValue = next !== undefined && !next.startsWith('-') && (!known || takesValue(program, word));
      found.push(hasValue ? next : true);
    }
  }
  return found;
}

/** The words that are neither options nor their values, e.g. of `aws s3 cp a b --quiet`: `s3`, `cp`, `a`, `b`. */
export function positionals({ name: program, words }: Command): string[] {
  const found: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') return [...found, ...words.slice(i + 1)];
    if (!word.startsWith('-') || word === '-') found.push(word);
    else if (!word.includes('=') && takesValue(program, word) && !words[i + 1]?.startsWith('-')) i++;
  }
  return found;
}

/** As written, in one line that a message can hold. */
export function briefly({ text }: Pick<Command, 'text'>): string {
  const line = text.replace(/\\?\s*\n\s*/g, ' ');
  return line.length <= 60 ? line : `${line.slice(0, 57)}…`;
}
