import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { UserError } from '../command';
import { nestsTooDeep } from '../nesting';
import { isObject } from '../values';
import { brokenAt } from './broken-json';
import { shortForms } from './short-forms';

/** A template, read but not understood. */
export interface Template {
  /** Its members may be of any kind. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Where each resource stands, from 1. */
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * Reads a template, JSON or YAML with the short forms of the intrinsic functions.
 *
 * @param file as messages name it
 * @throws UserError with the file, the line and what is wrong there
 */
export function readTemplate(text: string, file: string): Template {
  const body = text.replace(/^\uFEFF/, '');
  const { content, lines } = body.trimStart().startsWith('{') ? readJson(body, file) : readYaml(body, file);
  if (!isObject(content))
    throw new UserError(`${file}: is not a template, which is an object with Resources`);
  return { content, lines };
}

interface Read {
  readonly content: unknown;
  readonly lines: ReadonlyMap<string, number>;
}

function readJson(text: string, file: string): Read {
  return { content: parseJson(text, file), lines: linesOfResources(text) };
}

/**
 * @param file as messages name it
 * @throws UserError with the file, the line and what is wrong there
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, what } = brokenAt(text);
    throw new UserError(`${file}:${line}: is broken JSON: ${what}`);
  }
}

/** One pass over the text: parsing it a second time with places takes YAML's parser seconds for a large template. */
function linesOfResources(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let line = 1;
  let depth = 0;
  let inResources = false;
  let string = '';
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '\n':
        line++;
        break;
      case '{':
      case '[':
        depth++;
        break;
      case '}':
      case ']':
        depth--;
        break;
      case '"': {
        const start = i++;
        while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
        string = depth <= 2 ? text.slice(start, i + 1) : '';
        break;
      }
      case ':':
        if (depth === 1) inResources = string === '"Resources"';
        else if (depth === 2 && inResources) lines.set(String(JSON.parse(string)), line);
        break;
    }
  }
  return lines;
}

function readYaml(text: string, file: string): Read {
  const counter = new LineCounter();
  const lines = new Map<string, number>();
  if (nestsTooDeep(text)) throw new UserError(`${file}: cannot be read as YAML: it nests too deep`);
  try {
    const document = parseDocument(text, {
      customTags: shortForms(),
      lineCounter: counter,
      merge: true,
      // A tag that is not known is a warning, which YAML's parser would print.
      logLevel: 'error',
    });
    const [broken] = document.errors;
    if (broken) {
      const what = broken.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
      throw new UserError(`${file}:${broken.linePos?.[0].line ?? 1}: is broken YAML: ${what}`);
    }
    const resources = isMap(document.contents) ? document.contents.get('Resources') : undefined;
    for (const { key } of isMap(resources) ? resources.items : []) {
      if (isScalar(key) && key.range) lines.set(String(key.value), counter.linePos(key.range[0]).line);
    }
    return { content: document.toJS({ maxAliasCount: 1000 }), lines };
  } catch (error) {
    if (error instanceof UserError) throw error;
    // Aliases that unfold without end.
    throw new UserError(`${file}: cannot be read as YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
