/** The Dockerfile cannot be used; the message is BuildKit's. */
export class DockerfileError extends Error {
  constructor(message: string, line?: number) {
    super(line === undefined ? message : `dockerfile parse error on line ${line}: ${message}`);
  }
}

export interface Instruction {
  readonly line: number;
  /** In upper case, e.g. `COPY`. */
  readonly name: string;
  /** `--from=bundle` becomes `{ from: 'bundle' }`. */
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface Stage {
  /** The image or stage that it starts from, arguments replaced. */
  readonly from: string;
  /** `AS name`, in lower case. */
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

const INSTRUCTIONS = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);

/**
 * Reads a Dockerfile into its stages. https://docs.docker.com/reference/dockerfile/
 *
 * @param args of `--build-arg`
 * @throws DockerfileError in BuildKit's words
 */
export function parseDockerfile(text: string, args: Readonly<Record<string, string>> = {}): Stage[] {
  const stages: { from: string; name?: string; instructions: Instruction[] }[] = [];
  const globals: Record<string, string> = {};
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') {
      const [, from, , name] = /^(\S+)(\s+AS\s+(\S+))?$/i.exec(instruction.text) ?? [];
      if (!from) throw new DockerfileError('FROM requires either one or three arguments', instruction.line);
      const image = replaced(from, globals);
      if (!isReference(image)) {
        throw new DockerfileError(
          `failed to parse stage name "${image}": invalid reference format`,
          instruction.line,
        );
      }
      stages.push({ from: image, name: name?.toLowerCase(), instructions: [] });
    } else if (stage) {
      stage.instructions.push(instruction);
    } else if (instruction.name === 'ARG') {
      const [, name = '', value = ''] = /^([^=\s]+)(?:=(.*))?$/.exec(instruction.text) ?? [];
      globals[name] = args[name] ?? value.replace(/^(["'])(.*)\1$/, '$2');
    } else {
      throw new DockerfileError('no build stage in current context', instruction.line);
    }
  }
  if (!stages.length) throw new DockerfileError('the Dockerfile has no FROM instruction');
  return stages;
}

function* instructionsOf(text: string): Generator<Instruction> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const first = i;
    if (/^\s*(#|$)/.test(lines[i] ?? '')) continue;
    let joined = '';
    // Comments and empty lines within a continued instruction are skipped.
    for (; i < lines.length; i++) {
      const line = lines[i] ?? '';
      if (i > first && /^\s*(#|$)/.test(line)) continue;
      const goesOn = /\\\s*$/.test(line);
      joined += line.replace(/\\\s*$/, '');
      if (!goesOn) break;
    }
    const [, word = '', rest = ''] = /^\s*(\S+)\s*([^]*)$/.exec(joined) ?? [];
    const name = word.toUpperCase();
    if (!INSTRUCTIONS.has(name)) throw new DockerfileError(`unknown instruction: ${word}`, first + 1);
    let body = rest.trim();
    if (name === 'RUN' || name === 'COPY' || name === 'ADD') {
      for (const [, , end = ''] of body.matchAll(/<<-?(["']?)(\w+)\1/g)) {
        for (i++; i < lines.length && (lines[i] ?? '').trim() !== end; i++) body += `\n${lines[i]}`;
        if (i >= lines.length) throw new DockerfileError(`unterminated heredoc ${end}`, first + 1);
      }
    }
    if (!body) throw new DockerfileError(`${name} requires at least one argument`, first + 1);
    const flags: Record<string, string> = {};
    for (let flag; (flag = /^--([a-z-]+)(?:=(\S*))?\s+/.exec(body)); body = body.slice(flag[0].length)) {
      flags[flag[1] ?? ''] = flag[2] ?? 'true';
    }
    yield { line: first + 1, name, flags, text: body };
  }
}

/** `${NAME:-default}`, `${NAME}` and `$NAME`. */
function replaced(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (_, braced?: string, fallback?: string, plain?: string) => {
      return values[braced ?? plain ?? ''] || (fallback ?? '');
    },
  );
}

/** https://pkg.go.dev/github.com/distribution/reference */
function isReference(image: string): boolean {
  return /^(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/.test(
    image,
  );
}
