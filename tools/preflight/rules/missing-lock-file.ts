import path from 'node:path';
import { cleaned } from '../../dockerfile/ignore';
import type { Command } from '../model/command';
import { copiedBy } from '../model/copied';
import { folderOf, fromRoot } from '../model/docker-build';
import { type Dockerfile, lineage } from '../model/dockerfile';
import type { Model } from '../model/model';
import { programsOf } from '../model/run';
import type { Found, Rule } from '../rule';

export const missingLockFile: Rule = {
  id: 'F41',
  name: 'missing-lock-file',
  title: 'The lock file that the installation needs is not in git',
  awsError:
    'npm error The `npm ci` command can only install with an existing package-lock.json or npm-shrinkwrap.json with lockfileVersion >= 1.',
  cause: 'npm ci and its like install what a lock file says, and fail without one',
  fix: 'npm install --package-lock-only, and commit package-lock.json',
  link: 'https://docs.npmjs.com/cli/commands/npm-ci',
  *check(model: Model): Iterable<Found> {
    for (const { commands } of model.builds) {
      for (const [i, command] of commands.entries()) {
        const installer = installerOf(command.name, command.words);
        const folder = installer && folderOfInstall(command);
        if (!installer || folder === undefined || lockFor(model, folder, installer)) continue;
        // A folder that the source does not have is made, or fetched, with what is in it.
        if (!model.source.files.has(path.posix.join(folder, 'package.json'))) continue;
        if (commands.slice(0, i).some((before) => mayMakeLock(before, installer))) continue;
        // `npm ci || npm install`, or by the lock file that is there.
        if (command.ignored === 'or' || command.guards.some((guard) => ASKS.test(guard))) continue;
        const level = command.conditional || command.ignored !== undefined ? 'warning' : 'error';
        yield { level, place: command.place, ...told(model, folder, installer) };
      }
    }
    for (const dockerfile of model.dockerfiles) {
      if (dockerfile.built) yield* inDockerfile(model, dockerfile);
    }
  },
};

interface Installer {
  readonly command: string;
  readonly locks: readonly string[];
  readonly make: string;
  readonly error: string;
}

const NPM: Installer = {
  command: 'npm ci',
  locks: ['package-lock.json', 'npm-shrinkwrap.json'],
  make: 'npm install --package-lock-only',
  error:
    'npm error The `npm ci` command can only install with an existing package-lock.json or npm-shrinkwrap.json with lockfileVersion >= 1.',
};
const PNPM: Installer = {
  command: 'pnpm install --frozen-lockfile',
  locks: ['pnpm-lock.yaml'],
  make: 'pnpm install --lockfile-only',
  error: 'ERR_PNPM_NO_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is absent',
};
const YARN: Installer = {
  command: 'yarn install --immutable',
  locks: ['yarn.lock'],
  make: 'yarn install --mode=update-lockfile',
  error: 'YN0028: The lockfile would have been created by this install, which is explicitly forbidden.',
};

/** What may bring a lock file into an image. */
const MAKES = /\block|\b(?:npm (?:i|install|shrinkwrap)|yarn|pnpm|git|curl|wget|unzip|tar)\b/;

/** What asks which lock file there is. */
const ASKS = /lock|shrinkwrap/;

/** Yarn 1 with `--frozen-lockfile` installs without a lock file too. https://classic.yarnpkg.com/lang/en/docs/cli/install/ */
function installerOf(name: string, words: readonly string[]): Installer | undefined {
  const [verb] = words.filter(
    (word, i) => !word.startsWith('-') && !/^(?:--prefix|-C|--dir|--cwd)$/.test(words[i - 1] ?? ''),
  );
  if (name === 'npm') {
    return ['ci', 'clean-install', 'install-clean', 'ic', 'cit', 'install-ci-test'].includes(verb ?? '')
      ? NPM
      : undefined;
  }
  if (verb !== undefined && verb !== 'install' && verb !== 'i') return undefined;
  if (name === 'pnpm' && words.includes('--frozen-lockfile')) return PNPM;
  return name === 'yarn' && words.includes('--immutable') ? YARN : undefined;
}

function folderOfInstall({ words, cwd }: Command): string | undefined {
  const given = words.flatMap((word, i) => {
    const [, joined] = /^(?:--prefix|-C|--dir|--cwd)=(.*)$/.exec(word) ?? [];
    return joined ?? (/^(?:--prefix|-C|--dir|--cwd)$/.test(word) ? (words[i + 1] ?? []) : []);
  });
  return given[0] === undefined ? cwd : fromRoot(cwd, given[0]);
}

function lockFor({ source, packages }: Model, folder: string, { locks }: Installer): boolean {
  const names = packages.find((one) => one.folder === folder)?.lockFile;
  const known = names !== undefined && locks.includes(path.posix.basename(names));
  return known || locks.some((lock) => source.files.has(path.posix.join(folder, lock)));
}

/** What installs without a lock file leaves one; what names it may copy it. */
function mayMakeLock({ name, words, text }: Command, { locks }: Installer): boolean {
  const installs = ['npm', 'pnpm', 'yarn'].includes(name) && !installerOf(name, words);
  return (
    (installs && /^(?:i|install|add|import|shrinkwrap)$/.test(words[0] ?? 'install')) ||
    locks.some((lock) => text.includes(lock))
  );
}

function told(
  model: Model,
  folder: string,
  installer: Installer,
): Pick<Found, 'message' | 'fix' | 'awsError'> {
  const files = installer.locks.map((lock) => path.posix.join(folder, lock));
  const file = files.find((one) => model.source.isUntracked(one)) ?? files[0] ?? '';
  const rule = model.source.ignoredBy(file);
  const onDisk = model.source.isUntracked(file);
  const why = rule !== undefined ? `: ${rule} ignores it` : onDisk ? ': it was never added' : '';
  const made = onDisk ? '' : `${folder === '' ? '' : `cd ${folder} && `}${installer.make}, and `;
  return {
    message: `${installer.command} needs ${file}, which git does not have${why}`,
    fix: `${made}git add ${rule === undefined ? '' : '--force '}${file}`,
    awsError: installer.error,
  };
}

function* inDockerfile(model: Model, dockerfile: Dockerfile): Iterable<Found> {
  const contexts = dockerfile.contexts.length ? dockerfile.contexts : [folderOf(dockerfile.path)];
  const [context = ''] = contexts;
  // Where several are, the same file is fine in one and not in another: then nothing is known.
  if (contexts.length > 1) return;
  for (const stage of dockerfile.stages) {
    const all = lineage(dockerfile.stages, stage);
    for (const instruction of stage.instructions) {
      const before = all.slice(0, all.indexOf(instruction));
      // One of several, by the lock file that is there.
      if (/\bif\b|\bcase\b|\|\||\[\s+-[efs]\s/.test(instruction.rest)) continue;
      for (const { name, words } of programsOf(instruction)) {
        const installer = installerOf(name, words);
        if (!installer || words.some((word) => /^(?:--prefix|-C|--dir|--cwd)\b/.test(word))) continue;
        // Those of another stage may bring one, and so may what ran before.
        if (
          before.some(
            ({ keyword, rest, flags }) => flags.from !== undefined || (keyword === 'RUN' && MAKES.test(rest)),
          )
        )
          continue;
        if (!before.some(({ keyword }) => keyword === 'COPY' || keyword === 'ADD')) continue;
        const copied = before.flatMap((copy) => copiedBy(copy, context, model.source, dockerfile.ignore));
        const manifests = copied.filter((file) => path.posix.basename(file) === 'package.json');
        const top = manifests.sort((a, b) => a.length - b.length)[0];
        if (top === undefined) continue;
        if (copied.some((file) => installer.locks.includes(path.posix.basename(file)))) continue;
        const folder = folderOf(top);
        const lock = installer.locks
          .map((one) => path.posix.join(folder, one))
          .find((one) => model.source.files.has(one));
        const place = { file: dockerfile.path, line: instruction.line };
        const level = dockerfile.contexts.length ? 'error' : 'warning';
        if (lock === undefined) {
          yield { level, place, ...told(model, folder, installer) };
          continue;
        }
        const inContext = cleaned(path.posix.relative(context, lock));
        yield {
          level,
          place,
          message: `${installer.command} needs ${lock}, which no COPY before it brings`,
          fix: `COPY package.json ${inContext} ./`,
          awsError: installer.error,
        };
      }
    }
  }
}
