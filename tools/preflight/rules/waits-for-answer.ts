import path from 'node:path';
import { type CdkCall, cdkCall } from '../model/cdk-call';
import { briefly, type Command, option, positionals } from '../model/command';
import type { SourceTree } from '../model/source-tree';
import type { Found, Rule } from '../rule';

type Question = Pick<Found, 'level' | 'awsError'> & { readonly asks: string; readonly fix: string };

export const waitsForAnswer: Rule = {
  id: 'F39',
  name: 'waits-for-answer',
  title: 'A command asks a question that nobody answers',
  awsError:
    '"--require-approval" is enabled and stack includes security-sensitive updates, but terminal (TTY) is not attached so we are unable to get a confirmation from the user',
  cause: 'a build has no terminal: who asks gives up, or waits until the build TIMED_OUT',
  fix: 'give the option that answers beforehand',
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html',
  *check({ builds, source }): Iterable<Found> {
    for (const { commands } of builds) {
      for (const [at, command] of commands.entries()) {
        const question = questionOf(command, source);
        if (!question || isAnswered(command, commands[at - 1])) continue;
        const isCertain = question.level === 'error' && !command.conditional;
        yield {
          level: isCertain ? 'error' : 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` ${question.asks}`,
          fix: question.fix,
          awsError: question.awsError,
        };
      }
    }
  },
};

/** By `yes | …` or a file. */
function isAnswered({ text }: Command, before: Command | undefined): boolean {
  const isPiped = before?.ignored === 'pipe' && /^(?:yes|echo|printf)$/.test(before.name);
  return isPiped || /<<?</.test(text) || /<\s*[\w/$"]/.test(text);
}

function questionOf(command: Command, source: SourceTree): Question | undefined {
  const cdk = cdkCall(command);
  if (cdk) return askedByCdk(command, cdk, source);
  const [verb = ''] = positionals(command);
  const has = (...names: string[]): boolean => option(command, ...names) !== undefined;
  const short = (letter: string): boolean =>
    command.words.some((word) => new RegExp(`^-[a-zA-Z]*${letter}`).test(word));
  switch (command.name) {
    case 'apt':
    case 'apt-get':
      if (!/^(?:install|upgrade|dist-upgrade|full-upgrade|remove|purge|autoremove)$/.test(verb))
        return undefined;
      if (
        short('y') ||
        has(
          '--yes',
          '--assume-yes',
          '--force-yes',
          '--no-install',
          '--download-only',
          '--dry-run',
          '--simulate',
          '-s',
          '-d',
        ) ||
        /-q(?:q|=2)|Assume-Yes/.test(command.text)
      )
        return undefined;
      return {
        level: 'warning',
        asks: 'asks before it installs more than it was told to',
        awsError: 'Do you want to continue? [Y/n] Abort.',
        fix: command.text.replace(
          /\b(install|upgrade|dist-upgrade|full-upgrade|remove|purge|autoremove)\b/,
          '$1 -y',
        ),
      };
    case 'yum':
    case 'dnf':
      if (!/^(?:install|update|upgrade|remove|localinstall|groupinstall)$/.test(verb)) return undefined;
      if (short('y') || has('--assumeyes', '--downloadonly', '--assumeno')) return undefined;
      return {
        level: 'error',
        asks: 'asks before it changes anything',
        awsError: 'Is this ok [y/N]: Operation aborted.',
        fix: command.text.replace(verb, `${verb} -y`),
      };
    case 'terraform':
    case 'tofu':
      if (verb !== 'apply' && verb !== 'destroy') return undefined;
      // A saved plan is applied without a question.
      if (has('-auto-approve', '--auto-approve', '-help') || positionals(command).length > 1)
        return undefined;
      if (
        [...command.variables].some(
          ([name, value]) => name.startsWith('TF_CLI_ARGS') && /auto-approve/.test(value),
        )
      )
        return undefined;
      return {
        level: 'error',
        asks: 'asks for approval',
        awsError: 'Error: error asking for approval: EOF',
        fix: command.text.replace(verb, `${verb} -auto-approve`),
      };
    case 'pulumi':
      if (
        !/^(?:up|update|destroy|refresh)$/.test(verb) ||
        short('y') ||
        short('f') ||
        has('--yes', '--skip-preview')
      )
        return undefined;
      return {
        level: 'error',
        asks: 'asks for confirmation',
        awsError: 'error: --yes must be passed in to proceed when running in non-interactive mode',
        fix: `${command.text} --yes`,
      };
    case 'sam':
      if (verb !== 'deploy' || !has('--guided', '-g')) return undefined;
      return {
        level: 'error',
        asks: 'asks for its parameters',
        fix: 'put them into samconfig.toml and take --guided away',
      };
    default:
      return undefined;
  }
}

function askedByCdk(command: Command, { action }: CdkCall, source: SourceTree): Question | undefined {
  if (option(command, '--yes', '-y') !== undefined) return undefined;
  if (action === 'destroy' && option(command, '--force', '-f') === undefined) {
    return {
      level: 'error',
      asks: 'asks whether it really should',
      awsError: 'Are you sure you want to delete: … (y/n)?',
      fix: `${command.text} --force`,
    };
  }
  if (action !== 'deploy' || option(command, '--require-approval') === 'never' || isSettled(command, source))
    return undefined;
  if (option(command, '--no-execute') !== undefined) return undefined;
  if (option(command, '--method') === 'prepare-change-set') return undefined;
  return {
    level: 'warning',
    asks: 'asks for approval as soon as a change widens permissions or opens a port, and fails because nobody can give it',
    fix: `${command.text.replace(/\s+--require-approval[= ](?:broadening|any-change)/, '')} --require-approval never`,
  };
}

/** By the cdk.json of its folder; where that is not known, by any. */
function isSettled({ cwd }: Command, source: SourceTree): boolean {
  const files =
    cwd === undefined
      ? [...source.files.keys()].filter((file) => /(?:^|\/)cdk\.json$/.test(file))
      : [path.posix.join(cwd, 'cdk.json')];
  return files.some((file) =>
    /"(?:@aws-cdk\/toolkit:)?requireApproval"\s*:\s*"never"/i.test(source.read(file) ?? ''),
  );
}
