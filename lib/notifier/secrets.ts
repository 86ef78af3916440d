const MASK = '***';

/** Each part that is kept is a group; what stands outside of them is the secret. */
const SECRETS: readonly [RegExp, string][] = [
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  [/\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g, MASK],
  // A secret access key: 40 characters of base64. A SHA-1 has 40, too, but no capitals.
  [
    /(?<![A-Za-z0-9/+=])(?=[a-z0-9/+]*[A-Z])(?=[A-Z0-9/+]*[a-z])(?=[A-Za-z/+]*[0-9])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    MASK,
  ],
  // https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g, MASK],
  [/\bnpm_[A-Za-z0-9]{30,}/g, MASK],
  // https://docs.slack.dev/authentication/tokens
  [/\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{10,}/g, MASK],
  [/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[A-Za-z0-9/_-]+/g, `$1${MASK}`],
  // A JSON Web Token: `{"` in base64, three parts.
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, MASK],
  [/\b((?:bearer|basic) )(?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/=-]{16,}/gi, `$1${MASK}`],
  [/(authorization["']?\s*[:=]\s*["']?(?:\w+ )?)(?!\*)[^\s"',]{8,}/gi, `$1${MASK}`],
  // user:password@ and token@ in a URL.
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/]+(@)/gi, `$1${MASK}$2`],
  [/(:\/\/)[A-Za-z0-9_-]{20,}(@)/g, `$1${MASK}$2`],
  [/("auth"\s*:\s*")[^"]+/g, `$1${MASK}`],
  [/((?<![\w-])--?(?:password|passwd|token|secret|api-key)[ =])(?![$-])\S+/gi, `$1${MASK}`],
];

/** A name that promises a secret, and what stands behind = or a colon. */
const NAMED =
  /((?:password|passwd|pwd|secret|token|api_?-?key|access_?-?key|private_?-?key|credentials?)[\w-]*["']?)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;]+)/gi;
/** References and AWS's names are no secrets, and what is masked already says so. */
const NO_SECRET = /^["']?(?:$|\*|\$|arn:|https?:|<|\/[\w/.-]+["']?$)/;

const BEGIN = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const END = /-----END [A-Z ]*PRIVATE KEY-----/;
const BASE64 = /^\s*[A-Za-z0-9+/=]{16,}\s*$/;

/**
 * The line without what looks like a secret. CodeBuild masks the values that it has read from Parameter Store and Secrets
 * Manager, and access key ids; whatever else a tool prints goes out with the message, to mailboxes and channels.
 */
export function masked(line: string): string {
  let text = line;
  for (const [pattern, rest] of SECRETS) text = text.replace(pattern, rest);
  return text.replace(NAMED, (whole, name: string, sign: string, value: string) =>
    isSecret(sign, value) ? `${name}${sign}${MASK}` : whole,
  );
}

/** The same for lines that follow each other: a private key is as long as several. */
export function maskedLines(lines: readonly string[]): string[] {
  const texts: string[] = [];
  let withinKey = false;
  for (const line of lines) {
    if (END.test(line)) {
      // Its beginning may lie before the first line.
      while (!withinKey && BASE64.test(texts.at(-1) ?? '')) texts.pop();
      if (!withinKey) texts.push(MASK);
      withinKey = false;
    } else if (BEGIN.test(line)) {
      texts.push(MASK);
      withinKey = true;
    } else if (!withinKey) texts.push(masked(line));
  }
  return texts;
}

/** Behind a colon, a word may just be prose: `Unexpected token: identifier`. */
function isSecret(sign: string, value: string): boolean {
  if (NO_SECRET.test(value)) return false;
  return sign.includes('=') || /^["']|\d/.test(value) ? value.length >= 4 : value.length >= 20;
}
