/** More of them would hide the first, which is the cause. */
const MOST = 20;
const LONGEST = 1000;

/** Picks out of a stream of output the lines by which the steps of `ci/` say what is wrong: `ERROR: …`. */
export class ErrorLines {
  readonly lines: string[] = [];
  private rest = '';

  read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const line of lines) {
      if (this.lines.length < MOST && line.startsWith('ERROR: ')) this.lines.push(line.slice(0, LONGEST));
    }
  }
}
