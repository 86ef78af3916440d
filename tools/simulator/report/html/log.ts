import type { LogExcerpt } from '../log-excerpt';
import { amount } from '../words';
import { type Html, markup } from './html';

interface Line {
  readonly number: number;
  readonly text: string;
}

/** The lines of one phase. */
export interface LogGroup {
  readonly phase: string;
  readonly lines: readonly Line[];
  /** Lines before it that the page does not hold. */
  readonly omitted: number;
}

const LONGEST_LINE = 2000;
const CONTAINER = /^\[Container\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? /;
const MESSAGES: readonly [RegExp, string][] = [
  [/^Running command /, 'run'],
  [/^Command did not exit successfully |^Phase complete: \w+ State: (?!SUCCEEDED)/, 'bad'],
];

/** A log by phases, as its own lines tell them: `Entering phase …` begins one, `Phase complete: …` ends it. */
export function logGroups({ parts, omitted }: LogExcerpt): LogGroup[] {
  const groups: LogGroup[] = [];
  for (const [index, part] of parts.entries()) {
    let phase = '';
    let lines: Line[] = [];
    let missing = index ? omitted : 0;
    const close = (): void => {
      if (lines.length) groups.push({ phase, lines, omitted: missing });
      [phase, lines, missing] = ['', [], 0];
    };
    for (const [offset, text] of part.lines.entries()) {
      const message = CONTAINER.test(text) ? text.replace(CONTAINER, '') : '';
      const entered = /^Entering phase (\w+)$/.exec(message)?.[1];
      if (entered) {
        close();
        phase = entered;
      }
      lines.push({ number: part.first + offset, text });
      phase = /^Phase complete: (\w+) State: /.exec(message)?.[1] ?? phase;
      // The last line of a phase.
      if (message.startsWith('Phase context status code: ')) close();
    }
    close();
  }
  return groups;
}

/** The last lines that the command printed which failed in a phase, and what it was. */
export function failedOutput(groups: readonly LogGroup[], phase: string): readonly Line[] {
  const lines = groups.filter((group) => group.phase === phase).flatMap((group) => group.lines);
  const message = ({ text }: Line): string => (CONTAINER.test(text) ? text.replace(CONTAINER, '') : '');
  const end = lines.findIndex((line) => message(line).startsWith('Command did not exit successfully '));
  if (end < 0) return [];
  const start = lines.slice(0, end).findLastIndex((line) => message(line).startsWith('Running command '));
  return lines.slice(start + 1, end).slice(-20);
}

/** The build's log. Phases that did not succeed stand open. */
export function logSection(
  { file, bytes, omitted }: LogExcerpt,
  groups: readonly LogGroup[],
  failed: ReadonlySet<string>,
): Html {
  const phases = [...new Set(groups.map(({ phase }) => phase))].filter(Boolean);
  const named = new Set<string>();
  return markup`<p class="quiet">${bytes.toLocaleString('en')} bytes, whole in <code>${file}</code></p>
    <form class="search" role="search" hidden>
      <input
        type="search"
        aria-label="Search the log"
        placeholder="Search the log"
        autocomplete="off"
        spellcheck="false"
      />
      <output aria-live="polite"></output>
      <button type="button" value="-1" aria-label="Previous match">↑</button>
      <button type="submit" value="1" aria-label="Next match">↓</button>
    </form>
    ${omitted > 0 && markup`<p class="cut">The page holds the log's beginning and end; ${amount(omitted, 'line')} between are only in the file.</p>`}
    <nav class="jump" aria-label="Phases in the log">
      ${phases.map((phase) => markup`<a href="#log-${phase}">${phase}</a>`)}
    </nav>
    <div class="log">
      ${groups.map((group) => {
        const first = group.phase && !named.has(group.phase);
        named.add(group.phase);
        const id = first && markup`id="log-${group.phase}"`;
        const open = failed.has(group.phase) || groups.length === 1;
        return markup`${group.omitted > 0 && markup`<p class="cut">${amount(group.omitted, 'line')} left out here</p>`}
          <details ${id} ${open && 'open'}>
            <summary>${group.phase || 'Log'} <span class="quiet">${amount(group.lines.length, 'line')}</span></summary>
            <div class="lines">${group.lines.map(line)}</div>
          </details>`;
      })}
    </div>`;
}

function line({ number, text }: Line): Html {
  const message = text.replace(CONTAINER, '');
  const kind = text.startsWith('ERROR: ')
    ? 'bad'
    : message === text
      ? undefined
      : (MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? 'container');
  const rest = text.length - LONGEST_LINE;
  const shown = rest > 0 ? `${text.slice(0, LONGEST_LINE)}… (${rest} more characters)` : text;
  return markup`<div id="L${number}"${kind && markup` class="${kind}"`}><a href="#L${number}">${number}</a><span>${shown}</span></div>`;
}
