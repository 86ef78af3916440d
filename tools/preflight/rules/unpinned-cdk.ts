import { briefly, type Command, option, positionals } from '../model/command';
import type { PackageManifest } from '../model/manifests';
import type { Found, Rule } from '../rule';

export const unpinnedCdk: Rule = {
  id: 'F48',
  name: 'unpinned-cdk',
  title: 'The CDK CLI is not the one that the library needs',
  awsError:
    'This CDK CLI is not compatible with the CDK library used by your application. Please upgrade the CLI to the latest version.',
  cause:
    'the newest published CLI is taken at each build, or one older than the library: 3.0.0, for instance, was published by accident and reads no assembly of aws-cdk-lib 2',
  fix: 'have aws-cdk among the devDependencies, with its lock file, and call it by npx cdk',
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/versioning.html',
  *check({ builds, packages }): Iterable<Found> {
    for (const { commands } of builds) {
      const installs = commands.flatMap((command) => {
        const version = installed(command);
        return version === undefined ? [] : [{ command, version }];
      });
      for (const { command, version } of installs) {
        const older = olderThan(version, packages);
        if (isOpen(version)) {
          if (isUnused(commands, packages)) continue;
          yield {
            level: 'warning',
            place: command.place,
            message: `\`${briefly(command)}\` takes whatever CDK CLI is the newest on that day`,
          };
        } else if (older) {
          yield {
            level: 'warning',
            place: command.place,
            message: `the CDK CLI ${version} is older than aws-cdk-lib ${older.lib} of ${older.manifest.path}`,
            fix: `npm install -g aws-cdk@${older.lib}, or newer`,
          };
        }
      }
      for (const command of commands) {
        if (command.name !== 'cdk' || command.via !== 'npx') continue;
        const version = /(?:^|\s)(?:aws-)?cdk@(\S+)/.exec(command.text)?.[1];
        if (version === undefined ? installs.length > 0 || hasCli(command, packages) : !isOpen(version))
          continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` takes whatever CDK CLI is the newest on that day${version === undefined ? ': no package.json there has aws-cdk' : ''}`,
        };
      }
    }
  },
};

/** The version of the CLI that a command installs, as written; `` where it says none. */
function installed(command: Command): string | undefined {
  const { name } = command;
  const [verb, ...packages] = positionals(command);
  const isInstall =
    (name === 'npm' && /^(?:i|install|add)$/.test(verb ?? '')) ||
    (name === 'pnpm' && verb === 'add') ||
    (name === 'yarn' && (verb === 'add' || (verb === 'global' && packages[0] === 'add')));
  if (!isInstall) return undefined;
  const found = packages.map((word) => /^aws-cdk(?:@(.*))?$/.exec(word)).find((match) => match !== null);
  // Added to the package of the folder, with its lock file or not, it is what a package.json says from then on.
  const isGlobal = option(command, '-g', '--global', '--location') !== undefined || verb === 'global';
  return found && isGlobal ? (found[1] ?? '') : undefined;
}

/** Whether every call takes the CLI of a package.json: npm's scripts and npx look there first. */
function isUnused(commands: readonly Command[], packages: readonly PackageManifest[]): boolean {
  const calls = commands.filter(({ name }) => name === 'cdk');
  return (
    calls.length > 0 &&
    calls.every((call) => {
      const fromPackage =
        call.via === 'npx' ? !/cdk@/.test(call.text) : isManifest(call.place.file, packages);
      return fromPackage && call.cwd !== undefined && hasCli(call, packages);
    })
  );
}

function isManifest(file: string, packages: readonly PackageManifest[]): boolean {
  return packages.some((manifest) => manifest.path === file);
}

function isOpen(version: string): boolean {
  return /^(?:|latest|next|\*|x)$/.test(version);
}

/** In its folder or above, where npx looks; where its folder is not known, anywhere. */
function hasCli({ cwd }: Command, packages: readonly PackageManifest[]): boolean {
  return packages.some(({ folder, dependencies, devDependencies }) => {
    const isAbove = cwd === undefined || folder === '' || cwd === folder || cwd.startsWith(`${folder}/`);
    return isAbove && ('aws-cdk' in devDependencies || 'aws-cdk' in dependencies || 'cdk' in devDependencies);
  });
}

/** Since 2.1000 the CLI has versions of its own; before, it had to be the library's or newer. */
function olderThan(
  version: string,
  packages: readonly PackageManifest[],
): { lib: string; manifest: PackageManifest } | undefined {
  const minor = minorOf(version);
  if (minor === undefined || minor >= 1000) return undefined;
  for (const manifest of packages) {
    const written = manifest.dependencies['aws-cdk-lib'] ?? manifest.devDependencies['aws-cdk-lib'];
    const lib = /^[\^~]?(2\.\d+\.\d+)$/.exec(written ?? '')?.[1];
    if (lib !== undefined && minorOf(lib)! > minor) return { lib, manifest };
  }
  return undefined;
}

function minorOf(version: string): number | undefined {
  const minor = /^2\.(\d+)\.\d+$/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
