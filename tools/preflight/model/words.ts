import type { Word, WordPart } from 'unbash';
import { type Field, type Shell, SOURCE } from './shell';

/**
 * The words that a word becomes: quotes removed, known variables replaced, split where the shell splits. What is not known stays
 * as written. `outputOf` tells what a `$(…)` prints, where that can be told.
 */
export function fieldsOf(
  word: Word,
  shell: Shell,
  script: string | undefined,
  outputOf: (part: WordPart) => string | undefined,
): Field[] {
  return new Expansion(shell, script, outputOf).fields(word);
}

class Expansion {
  private readonly closed: Field[] = [];
  private open: { text: string; known: boolean } | undefined;

  constructor(
    private readonly shell: Shell,
    private readonly script: string | undefined,
    private readonly outputOf: (part: WordPart) => string | undefined,
  ) {}

  fields(word: Word): Field[] {
    if (word.parts) for (const part of word.parts) this.add(part, false);
    else this.append(word.value, true);
    this.close();
    return this.closed;
  }

  private add(part: WordPart, quoted: boolean): void {
    switch (part.type) {
      case 'Literal':
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        this.append(part.value, true);
        return;
      case 'DoubleQuoted':
      case 'LocaleString':
        // An empty one is a word, too; "$@" without parameters is none.
        if (!part.parts.length) this.append('', true);
        for (const child of part.parts) this.add(child, true);
        return;
      case 'SimpleExpansion':
        this.expand(part.text.slice(1), part.text, quoted);
        return;
      case 'ParameterExpansion':
        this.parameter(part, quoted);
        return;
      case 'CommandExpansion':
        this.put(this.outputOf(part), part.text, quoted);
        return;
      default:
        this.append(part.text, part.type === 'Glob');
    }
  }

  private parameter(part: Extract<WordPart, { type: 'ParameterExpansion' }>, quoted: boolean): void {
    const { parameter, operation, prefix, index } = part;
    const isFirst = index === undefined || index.value === '0' || parameter === '@';
    if (prefix || !isFirst) this.append(part.text, false);
    else if (!operation) this.expand(parameter, part.text, quoted);
    else if (operation.type === 'Default') {
      const value = this.valueOf(parameter);
      const { operator, operand } = operation;
      const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
      if (value === undefined) this.append(part.text, false);
      else if (operator.endsWith('+')) this.put(isSet ? operand.value : '', part.text, quoted);
      else if (isSet) this.put(value, part.text, quoted);
      else this.put(operand.parts ? undefined : operand.value, part.text, quoted);
    } else this.append(part.text, false);
  }

  private expand(name: string, written: string, quoted: boolean): void {
    const { parameters } = this.shell;
    if ((name === '@' || name === '*') && parameters) {
      for (const [i, { text, known }] of parameters.entries()) {
        if (i) this.close();
        this.append(text, known);
      }
      return;
    }
    this.put(this.valueOf(name), written, quoted);
  }

  private valueOf(name: string): string | undefined {
    const { shell } = this;
    if (name === 'CODEBUILD_SRC_DIR') return SOURCE;
    if (name === 'PWD') return shell.cwd === undefined ? undefined : inSource(shell.cwd);
    if (name === '0') return shell.script === undefined ? undefined : inSource(shell.script);
    if (name === 'BASH_SOURCE') return this.script === undefined ? undefined : inSource(this.script);
    if (/^[1-9]$/.test(name) && shell.parameters) {
      const field = shell.parameters[Number(name) - 1];
      return field?.known === false ? undefined : (field?.text ?? '');
    }
    return shell.valueOf(name);
  }

  private put(value: string | undefined, written: string, quoted: boolean): void {
    if (value === undefined) this.append(written, false);
    else if (quoted) this.append(value, true);
    else {
      for (const [i, piece] of value.split(/[ \t\n]+/).entries()) {
        if (i) this.close();
        if (piece) this.append(piece, true);
      }
    }
  }

  private append(text: string, known: boolean): void {
    this.open = { text: (this.open?.text ?? '') + text, known: known && (this.open?.known ?? true) };
  }

  private close(): void {
    if (this.open) this.closed.push(this.open);
    this.open = undefined;
  }
}

/** Of Linux. */
const LONGEST_PATH = 4096;

/** A path from the source's root, as a value has it. */
export function inSource(path: string): string {
  return path ? `${SOURCE}/${path}` : SOURCE;
}

/**
 * A path of a shell from the source's root, `` being the root; undefined where it is not known, or outside of the source.
 */
export function pathFrom(cwd: string | undefined, word: string): string | undefined {
  const written = word.replace(/^\$\{CODEBUILD_SRC_DIR\}/, SOURCE);
  const isFromRoot = written === SOURCE || written.startsWith(`${SOURCE}/`);
  const path = isFromRoot ? written.slice(SOURCE.length + 1) : written;
  if (/[$`‹*?\n]/.test(path) || /^[~/]/.test(path) || (!isFromRoot && cwd === undefined)) return undefined;
  if ((cwd?.length ?? 0) > LONGEST_PATH) return undefined;
  const parts: string[] = isFromRoot || !cwd ? [] : cwd.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}
