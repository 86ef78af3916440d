import {
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

/**
 * Reads a YAML document as CodeBuild does: of several documents the first, of a key given twice the last, aliases and merge
 * keys in place of what they name. JSON is YAML too.
 *
 * @throws Error in the words of libyaml, whose port CodeBuild shows
 */
export function readYaml(text: string): { readonly contents: Node | null; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const [document] = parseAllDocuments<ParsedNode>(text.replace(/^\uFEFF/, ''), {
    // In which yes and no are booleans.
    version: '1.1',
    uniqueKeys: false,
    lineCounter: lines,
  });
  if (!document || !('errors' in document)) return { contents: null, lines };
  const [error] = document.errors;
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    // The first line is told as none.
    throw new Error(`${problem(error)} at line ${line === 1 ? 0 : line}`);
  }
  const anchors = new Map<string, Node>();
  const contents = document.contents && plain(document.contents, anchors, new Set());
  return { contents, lines };
}

/** Without aliases, merge keys and keys given twice. Anchors count from where they stand on, as in YAML. */
function plain(node: Node, anchors: Map<string, Node>, within: Set<string>): Node {
  if (isAlias(node)) {
    if (within.has(node.source)) throw new Error(`anchor '${node.source}' value contains itself`);
    const source = anchors.get(node.source);
    if (source) return source;
    // A glob at the beginning of a command, most often.
    if (!/^[\w-]+$/.test(node.source))
      throw new Error('did not find expected alphabetic or numeric character');
    throw new Error(`unknown anchor '${node.source}' referenced`);
  }
  const anchor = node.anchor;
  const inner = anchor === undefined ? within : new Set([...within, anchor]);
  if (isSeq(node)) {
    node.items = node.items.map((item) => plain(item as Node, anchors, inner));
  } else if (isMap(node)) {
    const merged = new Map<string, Pair>();
    const own = new Map<string, Pair>();
    for (const pair of node.items) {
      const key = plain(pair.key as Node, anchors, inner);
      const value = pair.value === null ? null : plain(pair.value as Node, anchors, inner);
      const name = isScalar(key) ? String(key.value) : String(key);
      pair.key = key;
      pair.value = value;
      if (!isScalar(key) || key.source !== '<<') own.set(name, pair);
      else for (const from of mapsOf(value)) for (const one of from.items) merged.set(String(one.key), one);
    }
    node.items = [...new Map([...merged, ...own]).values()];
  }
  if (anchor !== undefined) anchors.set(anchor, node);
  return node;
}

/** The value of a merge key: a map, or several of which the first wins. */
function mapsOf(value: Node | null): YAMLMap[] {
  if (isMap(value)) return [value];
  if (isSeq(value)) return value.items.filter((item) => item instanceof YAMLMap).reverse();
  throw new Error('map merge requires map or sequence of maps as the value');
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
