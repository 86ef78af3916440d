import path from 'node:path';
import { parse } from 'unbash';
import type { Instruction } from './dockerfile';

/** A program that RUN starts, with its words. */
export interface Program {
  readonly name: string;
  /** Quotes removed; variables stay as written. */
  readonly words: readonly string[];
}

/** The programs of a RUN in their order, those within conditions and `$(…)` too. */
export function programsOf({ keyword, rest }: Instruction): Program[] {
  if (keyword !== 'RUN') return [];
  const exec = execForm(rest);
  if (exec) return [program(exec)];
  // The text of a here-document is the script.
  const script = /^<<-?["']?\w+["']?\s*\n/.test(rest) ? rest.slice(rest.indexOf('\n') + 1) : rest;
  const found: Program[] = [];
  try {
    collect(parse(script), found);
  } catch {
    // Nested deeper than the parser goes.
  }
  return found;
}

/** `["npm", "ci"]`; undefined where it is not of this form, as docker then takes it for a shell's. */
export function execForm(text: string): string[] | undefined {
  try {
    const words: unknown = text.startsWith('[') ? JSON.parse(text) : undefined;
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}

function program([first = '', ...words]: readonly string[]): Program {
  return { name: path.posix.basename(first), words };
}

interface CommandNode {
  readonly type: 'Command';
  readonly name?: { readonly value: string };
  readonly suffix: readonly { readonly value: string }[];
}

function collect(node: unknown, found: Program[]): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) {
    for (const child of node) collect(child, found);
    return;
  }
  if (isCommand(node) && node.name) {
    found.push(program([node.name.value, ...node.suffix.map(({ value }) => value)]));
  }
  for (const child of Object.values(node)) collect(child, found);
  // Those that the parser makes only when they are asked for.
  for (const key of ['parts', 'script', 'value']) {
    if (key in node && !Object.hasOwn(node, key)) collect((node as Record<string, unknown>)[key], found);
  }
}

function isCommand(node: object): node is CommandNode {
  return 'type' in node && node.type === 'Command';
}
