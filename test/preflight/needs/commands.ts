import type { Command } from '../../../tools/preflight/model/command';
import { example } from '../example';

/** The commands of a build that has these lines. */
export function commandsOfLines(...lines: readonly string[]): readonly Command[] {
  const buildspec = `version: 0.2\nphases:\n  build:\n    commands:\n${lines.map((line) => `      - ${JSON.stringify(line)}`).join('\n')}\n`;
  return example({ buildspec }).builds[0]?.commands ?? [];
}

/** The last command of a line. */
export function commandOf(line: string): Command {
  const command = commandsOfLines(line).at(-1);
  if (!command) throw new Error(`no command: ${line}`);
  return command;
}
