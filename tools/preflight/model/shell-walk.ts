import type {
  AndOr,
  ArithmeticExpression,
  Assignment,
  Case,
  Command as SimpleCommand,
  CompoundList,
  For,
  If,
  Pipeline,
  Redirection,
  Select,
  Statement,
  SyntaxNode,
  TestCommand,
  While,
  Word,
  WordPart,
} from 'unbash';
import { forEachChild } from 'unbash';
import { DECLARATIONS, runBuiltin, setBy, setOptions } from './builtins';
import type { Command } from './command';
import { type Invocation, invocationOf } from './invocation';
import { recipesOf } from './makefile';
import { scriptsRun } from './npm-scripts';
import { type Fate, type Field, Shell } from './shell';
import { asks, asksStatus, exits, fails, negated, nextOrs } from './shell-nodes';
import { parsed, scriptText, type ShellText, textAt } from './shell-text';
import type { SourceTree } from './source-tree';
import { fieldsOf, inSource, pathFrom } from './words';

/** Which entry of the buildspec is running. */
type Entry = Pick<Command, 'phase' | 'block' | 'index'>;

/** What is around a command. */
interface Around {
  readonly from: ShellText;
  readonly fate: Fate;
  readonly conditional: boolean;
  /** Within a question, where `set -e` does nothing. */
  readonly isQuestion: boolean;
  readonly guards: readonly string[];
  readonly redirects: readonly string[];
}

/** Nobody reads findings of more; what calls itself a thousand times ends here. */
const MOST_COMMANDS = 50_000;
const MOST_STEPS = 100_000;
/** The innermost ones. */
const MOST_GUARDS = 30;
/** Of calls within calls. */
const DEEPEST = 25;

const SHELLS = new Set(['bash', 'sh', 'dash', 'ash', 'zsh', 'ksh']);

/**
 * Runs shell without running anything: collects the commands, in the order in which they would run, follows the folder and the
 * variables, and goes into the scripts of the source that are called.
 *
 * What `set -e` does: https://www.gnu.org/software/bash/manual/html_node/The-Set-Builtin.html
 */
export class ShellWalk {
  readonly commands: Command[] = [];
  private entry: Entry = { phase: 'install', block: 'commands', index: 0 };
  private steps = 0;
  /** Of the calls that have not returned. */
  private readonly calls: string[] = [];

  constructor(
    private readonly source: SourceTree,
    /** Of the stack: what `aws sts get-caller-identity` prints. */
    private readonly account?: string,
  ) {}

  /** An entry of the buildspec. Its status is that of its last command. */
  run(entry: Entry, from: ShellText, shell: Shell): void {
    this.entry = entry;
    shell.ended = undefined;
    this.list(parsed(from.text)?.commands ?? [], shell, {
      from,
      fate: shell.fate,
      conditional: false,
      isQuestion: false,
      guards: [],
      redirects: [],
    });
  }

  private list(statements: readonly Statement[], shell: Shell, around: Around): void {
    for (const [i, { command, background, end }] of statements.entries()) {
      if (shell.ended || this.isTooMuch()) return;
      const next = statements[i + 1];
      if (background) {
        // `wait` without a process always succeeds.
        const isAwaited = next && /\bwait\s+(?:-n\s+)?["$%\d]/.test(around.from.text.slice(end));
        const fate: Fate = isAwaited ? shell.fate : { ignored: 'background' };
        this.node(command, shell.fork(fate), { ...around, fate });
        continue;
      }
      const fate = asksStatus(next, around.from.text)
        ? shell.fate
        : next
          ? sequence(around.fate)
          : around.fate;
      this.node(command, shell, { ...around, fate });
    }
  }

  /** What comes of a failure here, by itself: `set -e` ends the process, otherwise the list goes on. */
  private fateOf(shell: Shell, around: Around): Fate {
    return shell.errexit && !around.isQuestion ? shell.fate : around.fate;
  }

  private node(node: SyntaxNode, shell: Shell, around: Around): void {
    if (shell.ended || this.isTooMuch()) return;
    this.steps++;
    switch (node.type) {
      case 'Command':
        return this.simple(node, shell, around);
      case 'Pipeline':
        return this.pipeline(node, shell, around);
      case 'AndOr':
        return this.andOr(node, shell, around);
      case 'If':
        return this.ifs(node, shell, around);
      case 'While':
        return this.loop(node, shell, around, node.clause);
      case 'For':
      case 'Select':
        for (const word of node.wordlist ?? []) this.substitutions(word, shell, around, 'argument');
        shell.set(node.name.value, undefined);
        return this.loop(node, shell, around);
      case 'ArithmeticFor':
        return this.loop(node, shell, around);
      case 'Case':
        return this.cases(node, shell, around);
      case 'Subshell': {
        const fate = this.fateOf(shell, around);
        return this.list(node.body.commands, shell.fork(fate), { ...around, fate });
      }
      case 'BraceGroup':
        return this.list(node.body.commands, shell, around);
      case 'CompoundList':
        return this.list(node.commands, shell, around);
      case 'Redirected':
        for (const redirect of node.redirects) this.substitutions(redirect, shell, around, 'argument');
        return this.node(node.command, shell, {
          ...around,
          redirects: [...around.redirects, ...this.outputs(node.redirects, around)],
        });
      case 'Function':
        shell.define(node.name.value, { body: node.body, from: around.from });
        return;
      case 'Coproc':
        return this.node(node.body, shell.fork({ ignored: 'background' }), {
          ...around,
          fate: { ignored: 'background' },
        });
      case 'TestCommand':
        return this.test(node, shell, around);
      case 'ArithmeticCommand':
        this.substitutions(node, shell, around, 'argument');
        this.emit('((', [], node, shell, this.settled(shell, around));
        return;
      default:
    }
  }

  private test(node: TestCommand, shell: Shell, around: Around): void {
    const words: string[] = [];
    const collect = (child: SyntaxNode): void => {
      if (child.type === 'Word') {
        words.push(...this.expand(child, shell, around, 'argument').map(({ text }) => text));
      } else forEachChild(child, collect);
    };
    forEachChild(node, collect);
    this.emit('[[', words, node, shell, this.settled(shell, around));
  }

  private pipeline({ commands, prefixes }: Pipeline, shell: Shell, around: Around): void {
    const isNegated = prefixes.some(({ type }) => type === 'Negation');
    const whole: Around = isNegated ? { ...around, fate: { ignored: 'negation' }, isQuestion: true } : around;
    const [only] = commands;
    if (only && commands.length === 1) return this.node(only, shell, whole);
    const counts = this.fateOf(shell, whole);
    for (const [i, command] of commands.entries()) {
      const fate: Fate = i === commands.length - 1 || shell.pipefail ? counts : { ignored: 'pipe' };
      this.node(command, shell.fork(fate), { ...whole, fate });
    }
  }

  private andOr({ commands, operators }: AndOr, shell: Shell, around: Around): void {
    let { conditional, guards } = around;
    const next = nextOrs(operators);
    for (const [i, command] of commands.entries()) {
      const before = operators[i - 1];
      const left = commands[i - 1];
      const isLast = i === commands.length - 1;
      const fate = isLast
        ? around.fate
        : this.afterFailure(commands[i + 1], commands[next[i] ?? -1], shell, around);
      const inner: Around = {
        ...around,
        conditional,
        guards,
        fate,
        isQuestion: around.isQuestion || !isLast,
      };
      // What does something is taken to succeed; what only asks may go either way.
      const mayNotRun =
        before === '||' || (before === '&&' && conditional && left !== undefined && asks(left));
      if (mayNotRun) {
        const way = shell.branch();
        this.node(command, way, inner);
        shell.join([shell.branch(), way]);
      } else this.node(command, shell, inner);
      if (isLast) break;
      guards = [...guards, around.from.text.slice(command.pos, command.end)].slice(-MOST_GUARDS);
      conditional ||= operators[i] === '||' || fate.ignored !== undefined;
    }
  }

  /** What comes of the failure of a command before `&&` or `||`: the next `||` takes it, or it is that of the whole. */
  private afterFailure(
    success: SyntaxNode | undefined,
    instead: SyntaxNode | undefined,
    shell: Shell,
    around: Around,
  ): Fate {
    const { from, fate } = around;
    if (!instead) {
      // `a && return`, in a loop that tries again: what follows is for the failure. `set -e` takes no notice of it either.
      const leaves = success?.type === 'Command' && /^(?:return|break|exit)$/.test(success.name?.value ?? '');
      return leaves ? { ignored: 'condition' } : fate;
    }
    if (exits(instead, shell)) return shell.fate;
    // `|| (echo …; exit 1)` ends a shell of its own only, with an error that counts here.
    if (fails(instead, shell)) return this.fateOf(shell, around);
    return { ignored: 'or', instead: from.text.slice(instead.pos, instead.end) };
  }

  private ifs(node: If, shell: Shell, around: Around): void {
    const ways: Shell[] = [];
    const branches = [node, ...node.elif];
    let { guards } = around;
    for (const [i, { clause, then }] of branches.entries()) {
      const written = around.from.text.slice(clause.pos, clause.end);
      const otherwise = branches[i + 1]?.then ?? node.else;
      // `if ! a; then exit 1; fi` and `if a; then …; else exit 1; fi` let the build fail after all.
      const asked = negated(clause);
      const failed = asked ? then : otherwise;
      const fate: Fate = failed && exits(failed, shell) ? shell.fate : { ignored: 'condition' };
      const question: Around = {
        ...around,
        fate,
        guards,
        conditional: around.conditional || i > 0,
        isQuestion: true,
      };
      if (asked) this.pipeline(asked, shell, question);
      else this.list(clause.commands, shell, question);
      guards = [...guards, written];
      const way = shell.branch();
      this.list(then.commands, way, { ...around, guards, conditional: true });
      ways.push(way);
    }
    const way = shell.branch();
    if (node.else) {
      this.list(node.else.commands, way, {
        ...around,
        guards,
        conditional: true,
      });
    }
    shell.join([...ways, way]);
  }

  private loop(
    node: While | For | Select | Extract<SyntaxNode, { type: 'ArithmeticFor' }>,
    shell: Shell,
    around: Around,
    clause?: CompoundList,
  ): void {
    const { text } = around.from;
    // What a turn sets is not known in the next one.
    for (const [, name] of text.slice(node.pos, node.end).matchAll(/\b([A-Za-z_]\w*)\+?=/g))
      shell.set(name!, undefined);
    let { guards } = around;
    if (clause) {
      this.list(clause.commands, shell, { ...around, fate: { ignored: 'condition' }, isQuestion: true });
      guards = [...guards, text.slice(clause.pos, clause.end)];
    }
    const way = shell.branch();
    // Without `set -e`, only the last turn counts.
    this.list(node.body.commands, way, {
      ...around,
      guards,
      conditional: true,
      fate: sequence(around.fate),
    });
    shell.join([shell.branch(), way]);
  }

  private cases(node: Case, shell: Shell, around: Around): void {
    this.substitutions(node.word, shell, around, 'argument');
    const ways = node.items.map(({ body, pattern }) => {
      const way = shell.branch();
      const guard = `case ${node.word.text} in ${pattern.map(({ text }) => text).join('|')}`;
      this.list(body.commands, way, {
        ...around,
        guards: [...around.guards, guard],
        conditional: true,
      });
      return way;
    });
    const isComplete = node.items.some(({ pattern }) => pattern.some(({ text }) => text === '*'));
    shell.join(isComplete ? ways : [...ways, shell.branch()]);
  }

  private simple(node: SimpleCommand, shell: Shell, around: Around): void {
    const own = this.settled(shell, around);
    const assignments = node.prefix.filter((part) => part.type === 'Assignment');
    for (const redirect of node.redirects) this.substitutions(redirect, shell, around, 'argument');
    const redirects = [...around.redirects, ...this.outputs(node.redirects, around)];
    if (!node.name) {
      for (const assignment of assignments) this.assign(assignment, shell, around, own.fate);
      this.emit('', [], node, shell, { ...own, redirects }, { sets: assignments.map(({ name }) => name) });
      return;
    }
    const nameValue = node.name.parts ? undefined : node.name.value;
    const isDeclaration = nameValue !== undefined && DECLARATIONS.has(nameValue);
    const line: Field[] = [
      ...this.expand(node.name, shell, around, 'argument'),
      ...node.args.flatMap((arg): Field[] => {
        if (arg.type === 'Word') return this.expand(arg, shell, around, 'argument');
        const ignored = isDeclaration ? 'assignment' : 'argument';
        const { text, known } = this.assign(arg, isDeclaration ? shell : shell.branch(), around, { ignored });
        return [{ text: `${arg.name}=${text}`, known }];
      }),
    ];
    // Nothing is left of `$COMMAND` without a value.
    if (!line.length) return;
    const invocation = invocationOf(line.map(({ text }) => text));
    const isFunction = shell.functionOf(line[0]!.text);
    const scope = assignments.length || invocation.assigned.length ? shell.branch() : shell;
    for (const assignment of assignments) this.assign(assignment, scope, around, { ignored: 'argument' });
    for (const written of invocation.assigned) {
      const equals = written.indexOf('=');
      scope.set(written.slice(0, equals), written.slice(equals + 1));
    }
    const inside: Around = { ...own, redirects };
    if (isFunction) {
      this.call(`${line[0]!.text}()`, () => {
        const { parameters } = shell;
        shell.parameters = line.slice(1);
        this.node(isFunction.body, shell, { ...around, from: isFunction.from, redirects });
        shell.parameters = parameters;
        shell.returned();
      });
      return;
    }
    const path = invocation.calledBy === undefined ? undefined : pathFrom(shell.cwd, invocation.calledBy);
    this.emit(invocation.name, invocation.words, node, scope, inside, {
      via: invocation.via,
      path,
      sets: setBy(invocation),
    });
    const arguments_ = line.slice(line.length - invocation.words.length);
    if (runBuiltin(invocation, arguments_, shell)) return;
    this.enter(invocation, path, arguments_, scope, inside, around.from.placeAt(node.pos));
  }

  /** The same with the fate that a command here has. */
  private settled(shell: Shell, around: Around): Around {
    return { ...around, fate: this.fateOf(shell, around) };
  }

  /** Goes into what a command calls. */
  private enter(
    { name, words }: Invocation,
    path: string | undefined,
    fields: readonly Field[],
    shell: Shell,
    around: Around,
    place: Command['place'],
  ): void {
    if ((name === 'source' || name === '.') && words[0] !== undefined) {
      const script = pathFrom(shell.cwd, words[0]);
      const text = script === undefined ? undefined : this.source.read(script);
      if (script === undefined || text === undefined) return;
      this.call(script, () => {
        const { parameters } = shell;
        if (fields.length > 1) shell.parameters = fields.slice(1);
        this.list(parsed(text)?.commands ?? [], shell, { ...around, from: scriptText(script, text) });
        shell.parameters = parameters;
        shell.returned();
      });
    } else if (SHELLS.has(name)) {
      const at = operandAt(words);
      const flags = words.slice(0, at);
      const isText = flags.some((word) => /^-[a-z]*c[a-z]*$/.test(word));
      const operand = fields[at];
      if (!operand) return;
      const child = this.child(name === 'bash' ? 'bash' : 'sh', shell, around);
      setOptions(flags, child);
      child.parameters = fields.slice(at + (isText ? 2 : 1));
      if (isText) {
        this.call(`-c ${operand.text}`, () => this.text(textAt(operand.text, place), child, around));
      } else this.script(pathFrom(shell.cwd, operand.text), child, around);
    } else if (path !== undefined) {
      const text = this.source.read(path);
      const shebang = /^#!\s*(\S+)(.*)/.exec(text ?? '');
      const line = shebang && invocationOf(`${shebang[1]} ${shebang[2]}`.trim().split(/\s+/));
      if (text === undefined || (line && !SHELLS.has(line.name)) || (!line && !/(?:\.sh|^[^.]*)$/.test(name)))
        return;
      const child = this.child(line?.name === 'bash' ? 'bash' : 'sh', shell, around);
      if (line) setOptions(line.words, child);
      child.parameters = fields;
      this.script(path, child, around);
    } else if (name === 'make') {
      for (const recipe of recipesOf(words, shell.cwd, this.source)) {
        this.call(`make ${recipe.target}`, () => {
          const child = this.child('sh', shell, around);
          child.cwd = recipe.folder;
          for (const [variable, value] of recipe.variables) child.set(variable, value);
          const fate: Fate = recipe.isIgnored ? { ignored: 'or' } : around.fate;
          this.text(recipe.text, child, { ...around, fate });
        });
      }
    } else if (name === 'npm' || name === 'yarn' || name === 'pnpm') {
      for (const script of scriptsRun(name, words, shell.cwd, this.source)) {
        this.call(`${script.folder}:${script.name}`, () => {
          const child = this.child('sh', shell, around);
          child.cwd = script.folder;
          this.text(script.text, child, around);
        });
      }
    }
  }

  private child(dialect: 'bash' | 'sh', shell: Shell, around: Around): Shell {
    return shell.child(dialect, around.fate);
  }

  private script(path: string | undefined, shell: Shell, around: Around): void {
    const text = path === undefined ? undefined : this.source.read(path);
    if (path === undefined || text === undefined) return;
    shell.script = path;
    this.call(path, () => this.text(scriptText(path, text), shell, around));
  }

  /** In a process of its own, where `set -e` works again, whoever asks outside. */
  private text(from: ShellText, shell: Shell, around: Around): void {
    this.list(parsed(from.text)?.commands ?? [], shell, { ...around, from, isQuestion: false });
  }

  /** Does not follow what calls itself, or goes too deep. */
  private call(name: string, follow: () => void): void {
    if (this.calls.length >= DEEPEST || this.calls.includes(name)) return;
    this.calls.push(name);
    this.steps += 10;
    follow();
    this.calls.pop();
  }

  /** Sets a variable, and tells what to. */
  private assign(
    { name, value, append, index, text }: Assignment,
    shell: Shell,
    around: Around,
    fate: Fate,
  ): Field {
    if (value.type !== 'Word' || index) {
      this.substitutions(value, shell, around, fate);
      shell.set(name, undefined);
      return { text: text.slice(name.length + 1), known: false };
    }
    // Values are not split.
    const fields = this.expand(value, shell, around, fate);
    const before = append ? shell.valueOf(name) : '';
    const known = before !== undefined && fields.every((field) => field.known);
    const assigned = (before ?? '') + fields.map((field) => field.text).join(' ');
    shell.set(name, known ? assigned : undefined);
    return { text: assigned, known };
  }

  private expand(word: Word, shell: Shell, around: Around, fate: Fate | 'argument'): Field[] {
    const outputs = new Map<WordPart, string | undefined>();
    this.substitutions(word, shell, around, fate, outputs);
    return fieldsOf(word, shell, around.from.script, (part) => outputs.get(part));
  }

  /** Goes into `$(…)` and `<(…)`, wherever they stand in a node. */
  private substitutions(
    node: SyntaxNode | ArithmeticExpression,
    shell: Shell,
    around: Around,
    fate: Fate | 'argument' | 'assignment',
    outputs?: Map<WordPart, string | undefined>,
  ): void {
    if (this.isTooMuch()) return;
    const text = 'text' in node ? node.text : undefined;
    if (text !== undefined && !/[$`(]/.test(text)) return;
    if (node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution') {
      const { script } = node;
      if (!script) return;
      const own: Fate =
        node.type === 'ProcessSubstitution' || typeof fate === 'string'
          ? { ignored: fate === 'assignment' ? 'assignment' : 'argument' }
          : fate;
      const inner = shell.fork(own);
      // Without inherit_errexit bash turns `set -e` off in here.
      if (shell.dialect === 'bash' && !shell.inheritErrexit) inner.errexit = false;
      const from =
        script.source === undefined
          ? around.from
          : textAt(script.source, around.from.placeAt(node.pos), around.from.script);
      const first = this.commands.length;
      this.list(script.commands, inner, { ...around, from, fate: own, redirects: [] });
      outputs?.set(node, this.outputOf(script.commands, this.commands.slice(first), inner));
      return;
    }
    forEachChild(node, (child) => this.substitutions(child, shell, around, fate, outputs));
  }

  /** What a `$(…)` prints, of those that tell where a script is. */
  private outputOf(
    statements: readonly Statement[],
    ran: readonly Command[],
    shell: Shell,
  ): string | undefined {
    const last = ran.at(-1);
    if (statements.length !== 1 || !last) return undefined;
    const [argument, ...more] = last.words.filter((word) => word !== '--');
    const path = argument === undefined || more.length ? undefined : pathFrom(shell.cwd, argument);
    if (last.name === 'pwd') return shell.cwd === undefined ? undefined : inSource(shell.cwd);
    if (last.text.startsWith('git rev-parse --show-toplevel'))
      return shell.cwd === undefined ? undefined : inSource('');
    if (last.text.startsWith('aws sts get-caller-identity') && last.words.includes('Account'))
      return this.account;
    if (ran.length !== 1 || path === undefined) return undefined;
    if (last.name === 'realpath' || last.text.startsWith('readlink -f')) return inSource(path);
    if (last.name === 'dirname')
      return path === '' ? undefined : inSource(path.split('/').slice(0, -1).join('/'));
    return undefined;
  }

  private outputs(redirects: readonly Redirection[], { from }: Around): string[] {
    return redirects
      .filter((redirect) => redirect.type === 'Redirect' && redirect.operator.includes('>'))
      .map(({ pos, end }) => from.text.slice(pos, end));
  }

  private emit(
    name: string,
    words: readonly string[],
    node: { readonly pos: number; readonly end: number },
    shell: Shell,
    around: Around,
    more: Partial<Pick<Command, 'via' | 'path' | 'sets'>> = {},
  ): void {
    const { from, fate, conditional, guards, redirects } = around;
    this.commands.push({
      ...this.entry,
      place: from.placeAt(node.pos),
      text: from.text.slice(node.pos, node.end),
      name,
      via: more.via,
      path: more.path,
      words,
      variables: shell.variables,
      sets: more.sets ?? [],
      inBuildShell: shell.isBuilds,
      cwd: shell.cwd,
      conditional,
      guards,
      ignored: fate.ignored,
      instead: fate.instead,
      redirects,
    });
  }

  private isTooMuch(): boolean {
    return this.commands.length >= MOST_COMMANDS || this.steps >= MOST_STEPS;
  }
}

/** Where something follows, that counts. */
function sequence({ ignored, instead }: Fate): Fate {
  return ignored === undefined || ignored === 'condition' ? { ignored: 'sequence' } : { ignored, instead };
}

/** Of a shell's words: where the script, or the text of `-c`, stands. */
function operandAt(words: readonly string[]): number {
  let i = 0;
  for (; i < words.length && /^[-+]./.test(words[i]!); i++) {
    if (words[i] === '--') return i + 1;
    if (/^[-+][a-zA-Z]*[oO]$/.test(words[i]!) || words[i] === '--rcfile' || words[i] === '--init-file') i++;
  }
  return i;
}
