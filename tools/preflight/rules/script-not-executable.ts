import type { Command } from '../model/command';
import { pathFrom } from '../model/words';
import type { Found, Rule } from '../rule';

export const scriptNotExecutable: Rule = {
  id: 'F43',
  name: 'script-not-executable',
  title: 'A script that git does not record as executable is called by its path',
  awsError: '/bin/sh: ./deploy.sh: Permission denied … Reason: exit status 126',
  cause: 'CodeBuild clones the file with the mode that git records, 100644, whatever the mode on the disk is',
  fix: 'git update-index --chmod=+x FILE, or call it by its shell: bash FILE',
  link: 'https://git-scm.com/docs/git-update-index#Documentation/git-update-index.txt---chmod-x',
  *check({ builds, source }): Iterable<Found> {
    for (const { commands } of builds) {
      for (const [at, command] of commands.entries()) {
        const { path } = command;
        if (path === undefined || source.files.get(path)?.mode !== '100644') continue;
        if (commands.slice(0, at).some((before) => makesExecutable(before, path))) continue;
        // Files of a folder that is no repository have the modes of this disk, which git would not have to take.
        const isCertain = source.isGit && !command.conditional && command.ignored === undefined;
        yield {
          level: isCertain ? 'error' : 'warning',
          place: command.place,
          message: `${path} is called by its path, but git records it as 100644, not executable`,
          awsError: `${path}: Permission denied … Reason: exit status 126`,
          fix: `git update-index --chmod=+x ${path}, or call it by its shell: bash ${path}`,
        };
      }
    }
  },
};

/** `chmod` of the file, of a folder above it, or by a pattern; what a program finds by itself may be meant too. */
function makesExecutable({ name, words, cwd, text }: Command, path: string): boolean {
  if (name === 'find' || name === 'git') return /chmod|fileMode/.test(text);
  if (name !== 'chmod') return false;
  const [mode = '', ...files] = words.filter((word) => !/^-(?:[Rfvc]+|-\w+)$/.test(word));
  if (!/x|[157]/.test(mode)) return false;
  const isDeep = words.some((word) => /^-\w*R|^--recursive$/.test(word));
  return files.some((file) => {
    if (/[$`{?[]/.test(file)) return true;
    const pattern = pathFrom(cwd, file.replaceAll('*', '\0'));
    if (pattern === undefined) return true;
    const written = pattern.replace(/[.+^()|\\]/g, '\\$&').replaceAll('\0', '[^/]*');
    return new RegExp(`^${written}${isDeep ? '(?:/.*)?' : ''}$`).test(path) || (isDeep && pattern === '');
  });
}
