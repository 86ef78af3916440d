/** Makes lines of a text that comes in pieces; the last one is held until its end comes. */
export class Lines {
  private rest = '';

  /** @param longest of what is held: of a longer line, that much of its beginning is kept */
  constructor(
    private readonly each: (line: string) => void,
    private readonly longest = Infinity,
  ) {}

  read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, this.longest);
    for (const line of lines) this.each(line);
  }
}
