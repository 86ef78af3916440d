import { isKnown } from './model/stack';

/** What a text looks like that somebody should keep to himself. */
export interface Secret {
  /** E.g. `an access key of AWS`; never the value. */
  readonly kind: string;
  /** Whether it can be nothing else. */
  readonly certain: boolean;
}

/**
 * The secret that a value is, or holds; undefined where it is none: a reference, a placeholder, a path, a name.
 *
 * @param name of the variable; what it promises counts where the value has no format of its own
 */
export function secretIn(name: string, value: string): Secret | undefined {
  return (
    ofFormat(value) ??
    (promisesSecret(name) && isRandom(value)
      ? { kind: 'a value like a password', certain: false }
      : undefined)
  );
}

/** The same for a text that has no name, such as a command. */
export function ofFormat(text: string): Secret | undefined {
  for (const [format, kind] of FORMATS) {
    const found = format.exec(text)?.[0];
    if (found !== undefined && !isExample(found)) return { kind, certain: true };
  }
  return undefined;
}

/** Formats that their makers have chosen to be found. */
const FORMATS: readonly (readonly [RegExp, string])[] = [
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  [/\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/, 'an access key of AWS'],
  // https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
  [/\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{36,})/, 'a token of GitHub'],
  [/\bglpat-[A-Za-z0-9_-]{20,}/, 'a token of GitLab'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'a token of npm'],
  [/\bpypi-AgEI[A-Za-z0-9_-]{50,}/, 'a token of PyPI'],
  [/\bdckr_pat_[A-Za-z0-9_-]{20,}/, 'a token of Docker Hub'],
  // https://docs.slack.dev/authentication/tokens
  [/\bxox[abeoprs]-[A-Za-z0-9-]{10,}/, 'a token of Slack'],
  [
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9]+\/[A-Za-z0-9]+\/[A-Za-z0-9]{10,}/,
    'a webhook of Slack',
  ],
  [/\bsk_live_[A-Za-z0-9]{16,}/, 'a key of Stripe'],
  [/\bsk-(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Z])[\w-]{32,}/, 'a key of an API'],
  [/\bAIza[A-Za-z0-9_-]{35}\b/, 'a key of Google'],
  // With some of the key: a command may look for the first line alone.
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{40}/, 'a private key'],
  // Not of a host without a dot, such as the database of a test.
  [
    /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@$‹]+:(?![$‹<{*%])[^\s/@$‹]{6,}@(?!127\.|0\.0\.|host\.docker)[\w-]+\.[\w.-]+/,
    'a password in a URL',
  ],
];

/** Those of documentation, e.g. AKIAIOSFODNN7EXAMPLE, and what stands for one. */
function isExample(value: string): boolean {
  return (
    /EXAMPLE|x{6,}|:(?:your|my)?-?_?(?:password|passwd|secret|changeme|postgres|pass)@/i.test(value) ||
    new Set(value).size < 8
  );
}

/** At its end: `TOKEN_URL` and `SECRET_NAME` only say where one is. */
const PROMISES =
  /(?:password|passwd|pwd|secret|token|api_?key|access_?key|private_?key|secret_?key(?:_base)?|credentials?)(?:_?\d+)?$/i;

export function promisesSecret(name: string): boolean {
  return PROMISES.test(name);
}

/** At least 3 bits a character, of at least two kinds, and no word or path: what a person does not choose as a name. */
function isRandom(value: string): boolean {
  const text = value.trim();
  if (text.length < 12 || /\s/.test(text) || !isKnown(text)) return false;
  if (
    /^(?:arn:|https?:|s3:|\/|\.|\$|<|\{|%)|\$\{?\w|\{\{|example|change|placeholder|your|dummy|todo|x{4,}/i.test(
      text,
    )
  )
    return false;
  // A version, an address of a resource: words with signs between.
  if (/^[a-z]+(?:[-_./:][a-z]+)*$/i.test(text) || /^[a-z0-9.-]+\.[a-z]{2,}$/i.test(text)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(text)).length;
  return kinds >= 2 && /\d/.test(text) && entropy(text) >= 3;
}

/** Shannon's, in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}
