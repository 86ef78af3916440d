import { Lines } from './lines';

/** More of them would hide the first, which is the cause. */
const MOST = 20;
const LONGEST = 1000;

/** Picks out of a stream of output the lines by which the steps of `ci/` say what is wrong: `ERROR: …`. */
export class ErrorLines {
  readonly lines: string[] = [];
  private readonly all = new Lines((line) => {
    if (this.lines.length < MOST && line.startsWith('ERROR: ')) this.lines.push(line.slice(0, LONGEST));
  }, LONGEST);

  read(text: string): void {
    this.all.read(text);
  }
}
