import { AwsError } from '../gateway/request';
import { jsonFilterOf } from './json-filter-pattern';

/**
 * Which events a filter pattern selects. One for unstructured events selects those with all its terms and phrases, or with
 * one of those behind a `?`, and with none of those behind a `-`. Terms match inside of words, and case counts.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * @throws AwsError for a pattern that AWS refuses, and for those on fields and regular expressions, which are not played
 */
export function filterOf(pattern: string): (message: string) => boolean {
  if (/^\s*\{/.test(pattern)) {
    try {
      return jsonFilterOf(pattern);
    } catch (error) {
      throw invalid((error as Error).message);
    }
  }
  if (/^\s*\[/.test(pattern) || /(^|\s)[?-]?%/.test(pattern)) {
    throw invalid(
      'The simulator plays terms, "phrases", ?optional and -excluded ones, and JSON; patterns of fields in brackets and of regular expressions it does not.',
    );
  }
  const terms = [...pattern.matchAll(/([?-]?)(?:"((?:\\.|[^"\\])*)"|(\S+))/g)].map(
    ([, sign = '', phrase, word]) => ({ sign, text: phrase?.replace(/\\(.)/g, '$1') ?? checked(word ?? '') }),
  );
  const [all, any, none] = ['', '?', '-'].map((sign) =>
    terms.filter((term) => term.sign === sign).map(({ text }) => text),
  ) as [string[], string[], string[]];
  // Beside others, those with a question mark are ignored.
  const anyCounts = any.length > 0 && all.length === 0 && none.length === 0;
  return (message) =>
    all.every((text) => message.includes(text)) &&
    !none.some((text) => message.includes(text)) &&
    (!anyCounts || any.some((text) => message.includes(text)));
}

function checked(word: string): string {
  if (!/^[\p{L}\p{N}_]+$/u.test(word)) throw invalid(`Invalid character(s) in term '${word}'`);
  return word;
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid filter pattern: ${reason}`);
}
