import type { CommandRun, PhaseResult } from '../../engine/types';
import type { PushResult } from '../result';
import { duration } from '../words';
import { type Html, markup } from './html';

interface Bar {
  readonly name: string;
  readonly kind: 'phase' | 'command' | 'step';
  readonly startedAt: number;
  readonly seconds: number;
  readonly bad: boolean;
  /** Said when the bar is pointed at or focused. */
  readonly told: string;
  readonly href?: string;
}

/**
 * The build's phases with their commands, and the run around them, each on a time scale of its own.
 *
 * @param logged the phases that the page's log has
 */
export function timeline({ build, steps }: PushResult, logged: ReadonlySet<string>): Html {
  const phases =
    build?.phases.flatMap((phase) => [
      phaseBar(phase, logged.has(phase.name)),
      ...phase.commands.map(commandBar),
    ]) ?? [];
  const run = [...steps]
    .sort((a, b) => a.startedAt - b.startedAt)
    .map((step): Bar => ({ ...step, kind: 'step', bad: false, told: `began at ${clock(step.startedAt)}` }));
  return markup`${build && bars(phases, 'Phases and commands of the build')}
    <details ${!build && 'open'}>
      <summary>The whole run, ${duration(span(run).seconds)}</summary>
      ${bars(run, 'Steps of the run')}
    </details>`;
}

function phaseBar({ name, status, startedAt, seconds, context }: PhaseResult, logged: boolean): Bar {
  const bad = status !== 'SUCCEEDED';
  return {
    name,
    kind: 'phase',
    startedAt,
    seconds,
    bad,
    told: `${status}, began at ${clock(startedAt)}${context ? `. ${context}` : ''}`,
    href: logged ? `#log-${name}` : undefined,
  };
}

function commandBar({ command, block, startedAt, seconds, exitCode }: CommandRun): Bar {
  const where = block === 'finally' ? 'finally, ' : '';
  return {
    name: command,
    kind: 'command',
    startedAt,
    seconds,
    bad: exitCode !== 0,
    told: `${where}exit code ${exitCode}, began at ${clock(startedAt)}`,
  };
}

function bars(all: readonly Bar[], label: string): Html {
  const { start, seconds: whole } = span(all);
  const percent = (part: number): string => `${whole ? ((100 * part) / whole).toFixed(2) : 0}%`;
  const items = all.map(({ name, kind, startedAt, seconds, bad, told, href }) => {
    const from = Math.max(0, (startedAt - start) / 1000);
    const classes = [kind, bad && 'bad', seconds < 0.05 && 'brief'].filter(Boolean).join(' ');
    const title =
      kind === 'command' ? markup`<code>${name}</code>` : href ? markup`<a href="${href}">${name}</a>` : name;
    return markup`<li class="${classes}" tabindex="0">
      <span class="name">${bad && markup`<b class="mark">failed </b>`}${title}</span>
      <span class="track" aria-hidden="true">
        <i style="left:min(${percent(from)}, 100% - 2px);width:${percent(seconds)}"></i>
      </span>
      <span class="time">${duration(seconds)}</span>
      <span class="told">${told}</span>
    </li>`;
  });
  return markup`<ol class="bars" aria-label="${label}">
    ${items}
  </ol>`;
}

/** From the first beginning to the last end. */
function span(all: readonly { startedAt: number; seconds: number }[]): { start: number; seconds: number } {
  const start = Math.min(...all.map(({ startedAt }) => startedAt));
  const end = Math.max(...all.map(({ startedAt, seconds }) => startedAt + seconds * 1000));
  return all.length ? { start, seconds: Math.max(0, (end - start) / 1000) } : { start: 0, seconds: 0 };
}

function clock(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(11, 19)} UTC`;
}
