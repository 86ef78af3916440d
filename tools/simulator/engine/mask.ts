/** A shorter value would blank out half of every log. */
const SHORTEST_SECRET = 3;
const LONGEST_LINE = 64 * 1024;

/** Hides secrets in a stream of text: CodeBuild shows `***` in their place. Works on whole lines, which no chunk respects. */
export class Mask {
  private rest = '';
  private readonly secrets: readonly string[];

  constructor(
    secrets: readonly string[],
    private readonly output: (text: string) => void,
  ) {
    this.secrets = secrets
      .flatMap((secret) => secret.split('\n'))
      .filter((line) => line.trim().length >= SHORTEST_SECRET)
      .sort((a, b) => b.length - a.length);
  }

  write(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) {
      this.output(this.masked(this.rest + text.slice(0, end)));
      this.rest = text.slice(end);
    } else {
      this.rest += text;
    }
    if (this.rest.length > LONGEST_LINE) this.flush();
  }

  /** What is left of a last line without end. */
  flush(): void {
    if (this.rest) this.output(this.masked(this.rest));
    this.rest = '';
  }

  masked(text: string): string {
    return this.secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  }
}
