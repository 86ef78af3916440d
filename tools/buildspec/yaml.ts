import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ParsedNode,
  type Pair,
  type YAMLError,
  YAMLMap,
} from 'yaml';

export interface Yaml {
  /** Null where the document is empty, or cannot be read. */
  readonly contents: Node | null;
  readonly lines: LineCounter;
  /** Why it cannot be read, in the words of libyaml, whose port CodeBuild shows: the first reason, as there. */
  readonly problem?: { readonly line: number; readonly message: string };
  readonly duplicates: readonly DuplicateKey[];
}

/** A key that a map has twice: the first one counts for nothing. */
export interface DuplicateKey {
  readonly key: string;
  readonly line: number;
  readonly firstLine: number;
  /** Whether both say the same. */
  readonly same: boolean;
}

/**
 * Reads a YAML document as CodeBuild does: of several documents the first, of a key given twice the last, aliases and merge
 * keys in place of what they name. JSON is YAML too.
 */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const plain = new Plain(lines, text.replace(/^\uFEFF/, ''));
  const unreadable = (line: number, message: string): Yaml => {
    return { contents: null, lines, problem: { line, message }, duplicates: [] };
  };
  try {
    const [document] = parseAllDocuments<ParsedNode>(plain.text, {
      // In which yes and no are booleans.
      version: '1.1',
      uniqueKeys: false,
      // Each error would have its line in it: of a long line with many errors that fills hours and the memory.
      prettyErrors: false,
      lineCounter: lines,
    });
    if (!document || !('errors' in document)) return { contents: null, lines, duplicates: [] };
    const [error] = document.errors;
    if (error) {
      const { line } = lines.linePos(error.pos[0]);
      // The first line is told as none.
      return unreadable(line, `${problem(error)} at line ${line === 1 ? 0 : line}`);
    }
    const contents = document.contents && plain.node(document.contents, new Set());
    return { contents, lines, duplicates: plain.duplicates };
  } catch (error) {
    if (error instanceof Unreadable) return unreadable(plain.line(error.node), error.message);
    return unreadable(
      1,
      error instanceof RangeError ? 'exceeded max depth' : String((error as Error).message),
    );
  }
}

class Unreadable extends Error {
  constructor(
    message: string,
    readonly node: Node,
  ) {
    super(message);
  }
}

/** Takes out aliases, merge keys and keys given twice. Anchors count from where they stand on, as in YAML. */
class Plain {
  readonly duplicates: DuplicateKey[] = [];
  private readonly anchors = new Map<string, Node>();

  constructor(
    private readonly lines: LineCounter,
    readonly text: string,
  ) {}

  node(node: Node, within: ReadonlySet<string>): Node {
    if (isAlias(node)) return this.named(node, within);
    const anchor = node.anchor;
    const inner = anchor === undefined ? within : new Set([...within, anchor]);
    if (isSeq(node)) node.items = node.items.map((item) => this.node(item as Node, inner));
    else if (isMap(node)) this.map(node, inner);
    if (anchor !== undefined) this.anchors.set(anchor, node);
    return node;
  }

  line(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }

  private source(value: unknown): string {
    const range = (value as Node | null)?.range;
    return range ? this.text.slice(range[0], range[1]).trim() : '';
  }

  private named(alias: Alias, within: ReadonlySet<string>): Node {
    if (within.has(alias.source))
      throw new Unreadable(`anchor '${alias.source}' value contains itself`, alias);
    const source = this.anchors.get(alias.source);
    if (source) return source;
    // A glob at the beginning of a command, most often.
    if (!/^[\w-]+$/.test(alias.source))
      throw new Unreadable('did not find expected alphabetic or numeric character', alias);
    throw new Unreadable(`unknown anchor '${alias.source}' referenced`, alias);
  }

  private map(map: YAMLMap, within: ReadonlySet<string>): void {
    const merged = new Map<string, Pair>();
    const own = new Map<string, Pair>();
    for (const pair of map.items) {
      const key = this.node(pair.key as Node, within);
      const value = pair.value ? this.node(pair.value as Node, within) : null;
      pair.key = key;
      pair.value = value;
      if (isScalar(key) && key.source === '<<') {
        for (const from of mapsOf(key, value))
          for (const one of from.items) merged.set(nameOf(one.key as Node), one);
        continue;
      }
      const name = nameOf(key);
      const first = own.get(name);
      if (first) {
        this.duplicates.push({
          key: name,
          line: this.line(key),
          firstLine: this.line(first.key as Node),
          same: this.source(first.value) === this.source(value),
        });
      }
      own.set(name, pair);
    }
    map.items = [...new Map([...merged, ...own]).values()];
  }
}

/** A key that is no text is told by where it stands: written out, one of aliases of aliases would fill the memory. */
function nameOf(key: Node): string {
  return isScalar(key) ? String(key.value) : `? ${key.range?.[0]}`;
}

/** The value of a merge key: a map, or several of which the first wins. */
function mapsOf(key: Node, value: Node | null): YAMLMap[] {
  if (isMap(value)) return [value];
  if (isSeq(value)) return value.items.filter((item) => item instanceof YAMLMap).reverse();
  throw new Unreadable('map merge requires map or sequence of maps as the value', key);
}

function problem({ code, message }: YAMLError): string {
  if (code === 'TAB_AS_INDENT' || code === 'BAD_SCALAR_START')
    return 'found character that cannot start any token';
  if (code === 'BAD_DQ_ESCAPE') return 'found unknown escape character';
  if (/^Missing closing ["']/.test(message)) return 'found unexpected end of stream';
  if (message.startsWith('Flow sequence')) return "did not find expected ',' or ']'";
  if (message.startsWith('Flow map')) return "did not find expected ',' or '}'";
  if (message.startsWith('Nested mappings')) return 'mapping values are not allowed in this context';
  if (message.startsWith('Unexpected block-seq-ind'))
    return 'block sequence entries are not allowed in this context';
  if (/^Unexpected (anchor|alias)/.test(message))
    return 'did not find expected alphabetic or numeric character';
  if (code === 'MULTILINE_IMPLICIT_KEY' || code === 'MISSING_CHAR') return "could not find expected ':'";
  return 'did not find expected key';
}
