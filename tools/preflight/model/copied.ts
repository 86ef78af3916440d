import path from 'node:path';
import picomatch from 'picomatch';
import { ancestors, cleaned, dockerignore } from '../../dockerfile/ignore';
import type { Instruction } from './dockerfile';
import { execForm } from './run';
import type { SourceTree } from './source-tree';

/** What a COPY or ADD takes from its context, as written; nothing where it takes from another stage or image. */
export function sourcesOf({ keyword, rest, flags }: Instruction): string[] {
  if ((keyword !== 'COPY' && keyword !== 'ADD') || flags.from !== undefined) return [];
  const words = execForm(rest) ?? (rest.split('\n')[0] ?? '').split(/\s+/);
  // A here-document, and what is fetched, are in no context.
  return words.slice(0, -1).filter((word) => !/^(?:<<|[a-z]+:\/\/|git@)/.test(word));
}

/** The files of the source that an instruction copies from its context, by their paths from the source's root. */
export function copiedBy(
  instruction: Instruction,
  context: string,
  source: SourceTree,
  ignore: readonly string[] = [],
): string[] {
  const wanted = sourcesOf(instruction).map(cleaned);
  if (!wanted.length) return [];
  const ignored = dockerignore(ignore);
  const prefix = context === '' ? '' : `${context}/`;
  const matches = wanted.map((one) => (one === '' ? () => true : picomatch(one, { dot: true })));
  return [...source.files.keys()].filter((file) => {
    if (!file.startsWith(prefix)) return false;
    const within = path.posix.relative(context, file);
    return matches.some((match) => ancestors(within).some((part) => match(part))) && !ignored(within);
  });
}
