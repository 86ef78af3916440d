/** A shorter value would blank out half of every log. */
const SHORTEST_SECRET = 3;
const LONGEST_LINE = 64 * 1024;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const ACCESS_KEY_ID = String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`;
const ACCESS_KEY_ID_LENGTH = 20;

/**
 * Hides secrets in a stream of text: CodeBuild shows `***` in place of values from the Parameter Store and Secrets
 * Manager, and of access key ids. Works on whole lines, which no chunk respects; each line of a value is hidden by itself.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.env
 */
export class Mask {
  private rest = '';
  private readonly hidden: RegExp;
  /** How much of a line without end may be the beginning of a secret. */
  private readonly longest: number;

  constructor(
    secrets: readonly string[],
    private readonly output: (text: string) => void,
  ) {
    const lines = [...new Set(secrets.flatMap((secret) => secret.split(/\r?\n/)))]
      .filter((line) => line.trim().length >= SHORTEST_SECRET)
      .sort((a, b) => b.length - a.length);
    this.hidden = new RegExp([...lines.map(literally), ACCESS_KEY_ID].join('|'), 'g');
    this.longest = Math.max(ACCESS_KEY_ID_LENGTH + 1, lines[0]?.length ?? 0);
  }

  write(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) {
      this.output(this.masked(this.rest + text.slice(0, end)));
      this.rest = text.slice(end);
    } else {
      this.rest += text;
    }
    if (this.rest.length > LONGEST_LINE + this.longest) this.writeWhatIsSafe();
  }

  /** What is left of a last line without end. */
  flush(): void {
    if (this.rest) this.output(this.masked(this.rest));
    this.rest = '';
  }

  masked(text: string): string {
    return text.replace(this.hidden, '***');
  }

  /** All of a long line but what may be the beginning of a secret, and never a part of one. */
  private writeWhatIsSafe(): void {
    let cut = this.rest.length - this.longest;
    for (const { index, 0: found } of this.rest.matchAll(this.hidden)) {
      if (index < cut && index + found.length > cut) cut = index;
    }
    this.output(this.masked(this.rest.slice(0, cut)));
    this.rest = this.rest.slice(cut);
  }
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
