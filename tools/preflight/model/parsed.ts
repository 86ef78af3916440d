import { parse } from 'yaml';
import { isObject } from '../../values';

/** What a file says; undefined where there is none, or it is broken. */
export function parsedYaml(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : parse(text, { logLevel: 'silent' });
  } catch {
    return undefined;
  }
}

/** The object that a file is; undefined where there is none, or it is broken, or no object. */
export function parsedObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text.replace(/^\uFEFF/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
