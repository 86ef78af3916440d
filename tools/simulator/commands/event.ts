import path from 'node:path';
import { type Command, UserError } from '../../command';
import { approved } from '../github/approval';
import { readEvent } from '../github/event-file';
import { sendEvent } from '../github/remote';
import { Lines } from '../lines';

export const event: Command = {
  summary:
    "Sends one of GitHub's events to a running `serve`: a pull request, a release, a push that a file tells of.",
  positional: 'FILE',
  options: {
    remote: { value: 'DIR', help: 'the remote that `serve` printed' },
    approve: { help: 'the pull request is approved already, by a comment of a maintainer' },
    source: {
      value: 'DIR',
      help: "the git work tree that has the event's commits (default: this directory)",
    },
  },
  async run(values, context, [file, ...rest]) {
    if (file === undefined || rest.length) {
      throw new UserError("expected one file with a payload of GitHub's webhook; see --help");
    }
    if (values.remote === undefined) {
      throw new UserError(
        '--remote is missing: give the directory that `simulate serve` printed after `git push`',
      );
    }
    const absolute = (name: unknown): string => path.resolve(context.cwd, String(name ?? '.'));
    const event = readEvent(absolute(file));
    const told = {
      event: values.approve === true ? approved(event) : event,
      source: absolute(values.source),
    };
    const lines = new Lines((line) => context.out(line));
    await sendEvent(absolute(values.remote), told, (text) => lines.read(text), context.signal);
    return 0;
  },
};
