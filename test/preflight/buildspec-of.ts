interface Phase {
  readonly commands: readonly string[];
  readonly finally?: readonly string[];
  readonly onFailure?: string;
}

/**
 * A buildspec of these phases, an entry a line; an entry of several lines is a block. The first command of the first phase
 * stands in line 6.
 */
export function buildspecOf(
  phases: Readonly<Record<string, Phase | readonly string[]>>,
  env = '{shell: bash}',
): string {
  const entries = (key: string, list: readonly string[]): string =>
    `    ${key}:\n${list.map((entry) => `      - ${written(entry)}\n`).join('')}`;
  const texts = Object.entries(phases).map(([name, phase]) => {
    const { commands, finally: last, onFailure }: Phase = 'commands' in phase ? phase : { commands: phase };
    return `  ${name}:\n${entries('commands', commands)}${last ? entries('finally', last) : ''}${onFailure ? `    on-failure: ${onFailure}\n` : ''}`;
  });
  return `version: 0.2\nenv: ${env}\nphases:\n${texts.join('')}`;
}

function written(entry: string): string {
  if (!entry.includes('\n')) return JSON.stringify(entry);
  return `|\n${entry.replace(/^/gm, '        ')}`;
}
