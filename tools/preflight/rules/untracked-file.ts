import path from 'node:path';
import type { Build } from '../model/build';
import type { Command } from '../model/command';
import { sourcesOf } from '../model/copied';
import { folderOf, fromRoot } from '../model/docker-build';
import { importsOf } from '../model/imports';
import { mentions } from '../model/mentions';
import type { Model } from '../model/model';
import type { Place } from '../model/place';
import type { Found, Rule } from '../rule';

export const untrackedFile: Rule = {
  id: 'F42',
  name: 'untracked-file',
  title: 'A file that the build needs is on this machine only',
  cause: 'CodeBuild gets what git has: what was never added, or is ignored, is not there',
  fix: 'git add the file',
  link: 'https://git-scm.com/docs/gitignore',
  *check(model: Model): Iterable<Found> {
    if (!model.source.isGit) return;
    const told = new Set<string>();
    for (const { file, place, by } of needs(model)) {
      if (told.has(file) || isMade(file, model.builds)) continue;
      told.add(file);
      const rule = model.source.ignoredBy(file);
      yield {
        level: rule === undefined || isAccident(rule, file) ? 'error' : 'warning',
        place,
        message: `${by} needs ${file}, which git does not have${rule === undefined ? ': it was never added' : `: ${rule} ignores it`}`,
        fix: rule === undefined ? `git add ${file}` : `git add --force ${file}, or narrow ${rule}`,
      };
    }
  },
};

interface Need {
  readonly file: string;
  readonly place: Place;
  readonly by: string;
}

function* needs(model: Model): Iterable<Need> {
  const { source, builds } = model;
  for (const { commands } of builds) {
    for (const command of commands) {
      for (const file of readBy(command)) {
        if (source.isUntracked(file)) {
          yield { file, place: command.place, by: [command.name, ...command.words.slice(0, 1)].join(' ') };
        }
      }
    }
  }
  for (const { path: dockerfile, stages, contexts, built } of model.dockerfiles) {
    if (!built || contexts.length > 1) continue;
    const context = contexts[0] ?? folderOf(dockerfile);
    for (const instruction of stages.flatMap(({ instructions }) => instructions)) {
      for (const one of sourcesOf(instruction)) {
        const file = fromRoot(context, one.replace(/^\/+/, ''));
        if (!file || !source.isUntracked(file)) continue;
        yield {
          file,
          place: { file: dockerfile, line: instruction.line },
          by: `${instruction.keyword} ${one}`,
        };
      }
    }
  }
  for (const file of source.files.keys()) yield* neededBy(file, model);
}

/** What a file of the source asks for, by its imports, or as a configuration of TypeScript. */
function* neededBy(file: string, { source }: Model): Iterable<Need> {
  const isConfig = /(?:^|\/)[^/]*tsconfig[^/]*\.json$/.test(file);
  if (!(isConfig || CODE.test(file)) || ELSEWHERE.test(file)) return;
  const text = source.read(file);
  if (text === undefined || text.length > LARGEST) return;
  for (const { line, name, candidates } of isConfig
    ? extendedBy(file, text)
    : importsOf(file, text, source)) {
    if (candidates.some((one) => source.files.has(one) || (source.isFolder(one) && !CODE.test(one))))
      continue;
    const found = candidates.find((one) => source.isUntracked(one));
    if (found !== undefined) yield { file: found, place: { file, line }, by: name };
  }
}

const CODE = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|py)$/;
const ELSEWHERE = /(?:^|\/)(?:node_modules|cdk\.out|vendor|\.venv|dist)\//;
/** Bundles, which import nothing by a path. */
const LARGEST = 500_000;

function extendedBy(file: string, text: string): { line: number; name: string; candidates: string[] }[] {
  return [...text.matchAll(/"(?:extends|path)"\s*:\s*"(\.[^"]+)"/g)].map((match) => {
    const target = path.posix.join(folderOf(file), match[1] ?? '');
    return {
      line: text.slice(0, match.index).split('\n').length,
      name: match[1] ?? '',
      candidates: [target, `${target}.json`, path.posix.join(target, 'tsconfig.json')],
    };
  });
}

/** The files that a command reads by their names, from the source's root. */
function readBy({ name, words, cwd, path: program }: Command): string[] {
  const [first] = words.filter((word) => !word.startsWith('-'));
  const given =
    /^(?:bash|sh|zsh|source|\.|python[\d.]*|node|ts-node|tsx|deno)$/.test(name) &&
    !words.some((word) => /^-[cem]$/.test(word))
      ? [first]
      : words.map((word, i) =>
          /^(?:-r|--requirement)$/.test(words[i - 1] ?? '') && /^pip[\d.]*$/.test(name) ? word : undefined,
        );
  return [program, ...given.map((one) => (one === undefined ? undefined : fromRoot(cwd, one)))].flatMap(
    (one) => one ?? [],
  );
}

/** By a tool or by the build itself, as far as names tell. */
function isMade(file: string, builds: readonly Build[]): boolean {
  if (MADE.test(file)) return true;
  const name = path.posix.basename(file);
  return builds.some(({ commands, ...build }) => {
    // The command that reads it speaks of it, too.
    const others = commands.filter((command) => !readBy(command).includes(file));
    return mentions({ ...build, buildspec: { ...build.buildspec, text: '' }, commands: others }, name);
  });
}

const MADE =
  /(?:^|\/)(?:__generated__|generated|gen|dist|build|out|cdk\.out|\.next|\.nuxt|\.svelte-kit|\.vite|\.astro|\.turbo|node_modules|target|coverage|\.venv|venv)(?:\/|$)|(?:^|\/)(?:aws-exports\.\w+|amplifyconfiguration\.\w+|amplify_outputs\.json|next-env\.d\.ts|_version\.py|version\.\w+|.*_pb2(?:_grpc)?\.pyi?|.*[._-](?:gen|generated)\.\w+)$/;

/**
 * Whether the rule was hardly meant for this file: a pattern for what compilers write, or a folder of some tool in a list that
 * somebody copied, that also catches what somebody wrote. A rule that names the file itself, or a folder by its path, was
 * meant: then the build may make or fetch it.
 */
function isAccident(rule: string, file: string): boolean {
  const pattern = rule.replace(/^[^:]*:\d+:/, '').replace(/^\/|\/$/g, '');
  if (!CODE.test(file) && !/\.(?:json|sh|conf|css|txt|ya?ml)$/.test(file)) return false;
  return /^(?:\*\*\/)?\*(?:\.\w+)+$/.test(pattern) || (COPIED.has(pattern) && CODE.test(file));
}

/** Folders of https://github.com/github/gitignore that people name their own folders, too. */
const COPIED = new Set('lib lib64 parts var env ENV bin obj log logs downloads instance'.split(' '));
