import type { Command } from '../../../tools/preflight/model/command';
import type { SourceTree } from '../../../tools/preflight/model/source-tree';

/** A source in memory that git has all of. */
export function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  return {
    isGit: true,
    remotes: [],
    files: new Map(Object.keys(files).map((path) => [path, { path, mode: '100644' }])),
    read: (path) => files[path],
    isFolder: (path) => path === '' || Object.keys(files).some((file) => file.startsWith(`${path}/`)),
    isUntracked: () => false,
    ignoredBy: () => undefined,
  };
}

/** A command of plain words, in the source's root unless said. */
export function command(text: string, cwd: string | undefined = ''): Command {
  const [name = '', ...words] = text.split(' ');
  return {
    phase: 'build',
    block: 'commands',
    index: 0,
    place: { file: 'buildspec.yml', line: 1 },
    text,
    name,
    words,
    variables: new Map(),
    sets: [],
    inBuildShell: true,
    cwd,
    conditional: false,
    guards: [],
    redirects: [],
  };
}
