import { XMLParser } from 'fast-xml-parser';

// Entities stay as they are written: only counts are read, and a document that expands them without end costs nothing.
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  attributesGroupName: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  processEntities: false,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/** An element of a report. */
export class Element {
  private readonly fields: Readonly<Record<string, unknown>>;

  /** @param content a text alone when the element has neither attributes nor children */
  constructor(
    readonly name: string,
    content: unknown,
  ) {
    this.fields =
      typeof content === 'object' && content !== null ? (content as Readonly<Record<string, unknown>>) : {};
  }

  /** The value of an attribute, where there is one. */
  attribute(name: string): string | undefined {
    return (this.fields['@'] as Readonly<Record<string, string>> | undefined)?.[name];
  }

  /** A number that an attribute holds; 0 without it. */
  count(name: string): number {
    const value = Number(this.attribute(name) ?? 0);
    if (!Number.isFinite(value)) {
      throw new Error(`<${this.name}>: ${name} is '${this.attribute(name)}', which is no number`);
    }
    return value;
  }

  has(name: string): boolean {
    return name in this.fields;
  }

  children(name: string): Element[] {
    return ((this.fields[name] ?? []) as readonly unknown[]).map((child) => new Element(name, child));
  }

  /** All elements of that name below this one, at any depth. */
  descendants(name: string): Element[] {
    return Object.keys(this.fields)
      .filter((key) => key !== '@' && key !== '#text')
      .flatMap((key) => this.children(key))
      .flatMap((child) => (child.name === name ? [child] : []).concat(child.descendants(name)));
  }
}

/**
 * The root element of a report.
 *
 * @throws Error in CodeBuild's words when it is another one, with line when the text is no XML
 */
export function rootOf(text: string, ...expected: readonly [string, ...string[]]): Element {
  let document: Record<string, unknown>;
  try {
    document = parser.parse(text, true) as Record<string, unknown>;
  } catch (error) {
    const [, message, line] = /^(.*?)(?::(\d+):\w+)?$/s.exec((error as Error).message) ?? [];
    throw new Error(`not XML: ${message?.replace(/\s+/g, ' ')}${line ? ` (line ${line})` : ''}`, {
      cause: error,
    });
  }
  const [name = ''] = Object.keys(document).filter((key) => !key.startsWith('?'));
  if (!expected.includes(name)) {
    throw new Error(`expected element type <${expected.at(-1)}> but have <${name}>`);
  }
  return new Element(name, (document[name] as readonly unknown[])[0]);
}
