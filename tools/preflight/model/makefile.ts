import { type ShellText } from './shell-text';
import type { SourceTree } from './source-tree';
import { pathFrom } from './words';

/** A line of a recipe, which runs in a shell of its own. */
export interface Recipe {
  readonly target: string;
  readonly folder: string;
  readonly text: ShellText;
  /** By `-`. */
  readonly isIgnored: boolean;
  /** Of the makefile, as far as they are literal. */
  readonly variables: ReadonlyMap<string, string>;
}

interface Rule {
  readonly needs: readonly string[];
  readonly lines: readonly { readonly text: string; readonly line: number }[];
}

/**
 * What `make` runs, of simple makefiles: explicit targets, recipes, literal variables. Includes, patterns and make's own
 * functions are left out. https://www.gnu.org/software/make/manual/html_node/Recipes.html
 */
export function recipesOf(words: readonly string[], cwd: string | undefined, source: SourceTree): Recipe[] {
  let folder = cwd;
  let name: string | undefined;
  const targets: string[] = [];
  const given: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '-C') folder = pathFrom(folder, words[++i] ?? '');
    else if (word === '-f') name = words[++i];
    else if (word.startsWith('-')) continue;
    else if (/^\w+=/.test(word))
      given.push([word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
    else targets.push(word);
  }
  if (folder === undefined) return [];
  const path = (name === undefined ? ['GNUmakefile', 'makefile', 'Makefile'] : [name])
    .map((file) => pathFrom(folder, file))
    .find((file) => file !== undefined && source.read(file) !== undefined);
  if (path === undefined) return [];
  const { rules, variables } = read(source.read(path) ?? '');
  for (const [variable, value] of given) variables.set(variable, value);
  const done = new Set<string>();
  const found: Recipe[] = [];
  const make = (target: string): void => {
    const rule = rules.get(target);
    if (!rule || done.has(target)) return;
    done.add(target);
    rule.needs.forEach(make);
    for (const { text, line } of rule.lines) {
      const [, prefix = '', command = ''] = /^([@+-]*)\s*([^]*)$/.exec(text) ?? [];
      const place = { file: path, line };
      found.push({
        target,
        folder,
        text: { text: asShell(command), placeAt: () => place },
        isIgnored: prefix.includes('-'),
        variables,
      });
    }
  };
  const first = [...rules.keys()].find((target) => !target.startsWith('.'));
  (targets.length ? targets : first === undefined ? [] : [first]).forEach(make);
  return found;
}

function read(text: string): { rules: Map<string, Rule>; variables: Map<string, string> } {
  const rules = new Map<string, { needs: string[]; lines: { text: string; line: number }[] }>();
  const variables = new Map<string, string>();
  let open: string[] = [];
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let written = lines[i]!;
    while (written.endsWith('\\') && i + 1 < lines.length)
      written = `${written.slice(0, -1)} ${lines[++i]!.trim()}`;
    if (written.startsWith('\t')) {
      const command = written.trim();
      if (command) for (const target of open) rules.get(target)?.lines.push({ text: command, line });
      continue;
    }
    const variable = /^(?:export\s+)?([A-Za-z_]\w*)\s*(?:[:?]{0,2}=)\s*([^#]*)/.exec(written);
    if (variable) {
      if (!variable[2]!.includes('$')) variables.set(variable[1]!, variable[2]!.trim());
      continue;
    }
    const rule = /^([^\s#:=][^:=#]*)::?(?!=)\s*([^#;|]*)/.exec(written);
    if (!rule) {
      if (written.trim() && !written.startsWith('#')) open = [];
      continue;
    }
    open = rule[1]!.trim().split(/\s+/);
    for (const target of open) {
      const known = rules.get(target) ?? { needs: [], lines: [] };
      known.needs.push(...rule[2]!.trim().split(/\s+/).filter(Boolean));
      rules.set(target, known);
    }
  }
  return { rules, variables };
}

/** make's `$(NAME)` and `$$` in the words of a shell. */
function asShell(recipe: string): string {
  return recipe
    .split('$$')
    .map((part) => part.replace(/\$\((\w+)\)/g, '${$1}'))
    .join('$');
}
