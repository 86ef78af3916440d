/** The Dockerfile cannot be used; the message is BuildKit's. */
export class DockerfileError extends Error {
  constructor(message: string, line?: number) {
    super(line === undefined ? message : `dockerfile parse error on line ${line}: ${message}`);
  }
}

export interface Instruction {
  /** From 1; of its first line. */
  readonly line: number;
  /** In capitals, e.g. `COPY`. */
  readonly keyword: string;
  /** All after the keyword, continued lines joined; the lines of a here-document follow, each after a line feed. */
  readonly text: string;
  /** `--from=bundle` becomes `{ from: 'bundle' }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** The text after the flags. */
  readonly rest: string;
}

export interface Stage {
  /** The image or stage that it starts from, arguments replaced. */
  readonly from: string;
  /** `AS name`, in lower case. */
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

/** The name in braces, what to take without a value, the name without braces. */
export const VARIABLE = /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g;

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
    if (instruction.keyword === 'FROM') {
      const [, from, , name] = /^(\S+)(\s+AS\s+(\S+))?$/i.exec(instruction.rest) ?? [];
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
    } else if (instruction.keyword === 'ARG') {
      const [, name = '', value = ''] = /^([^=\s]+)(?:=(.*))?$/.exec(instruction.rest) ?? [];
      globals[name] = args[name] ?? value.replace(/^(["'])(.*)\1$/, '$2');
    } else {
      throw new DockerfileError('no build stage in current context', instruction.line);
    }
  }
  if (!stages.length) throw new DockerfileError('the Dockerfile has no FROM instruction');
  return stages;
}

/**
 * Its instructions, one after the other, as far as it can be read. https://docs.docker.com/reference/dockerfile/
 *
 * @throws DockerfileError in BuildKit's words, at the instruction that ends the build
 */
export function* instructionsOf(text: string): Generator<Instruction> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const continued = /^#\s*escape\s*=\s*`\s*$/im.test(directives(lines)) ? /`\s*$/ : /\\\s*$/;
  for (let i = 0; i < lines.length; i++) {
    const first = i;
    if (/^\s*(#|$)/.test(lines[i] ?? '')) continue;
    let joined = '';
    // Comments and empty lines within a continued instruction are skipped.
    for (; i < lines.length; i++) {
      const line = lines[i] ?? '';
      if (i > first && /^\s*(#|$)/.test(line)) continue;
      const goesOn = continued.test(line);
      joined += line.replace(continued, '');
      if (!goesOn) break;
    }
    const [, word = '', rest = ''] = /^\s*(\S+)\s*([^]*)$/.exec(joined) ?? [];
    const name = word.toUpperCase();
    if (!INSTRUCTIONS.has(name)) throw new DockerfileError(`unknown instruction: ${word}`, first + 1);
    let body = rest.trim();
    if (name === 'RUN' || name === 'COPY' || name === 'ADD') {
      for (const [, , end = ''] of body.matchAll(/(?:^|\s)\d*<<-?(["']?)(\w+)\1/g)) {
        for (i++; i < lines.length && (lines[i] ?? '').trim() !== end; i++) body += `\n${lines[i]}`;
        if (i >= lines.length) throw new DockerfileError(`unterminated heredoc ${end}`, first + 1);
      }
    }
    if (!body) throw new DockerfileError(`${name} requires at least one argument`, first + 1);
    const flags: Record<string, string> = {};
    let left = body;
    for (let flag; (flag = /^--([a-z-]+)(?:=(\S*))?\s+/.exec(left)); left = left.slice(flag[0].length)) {
      flags[flag[1] ?? ''] = flag[2] ?? 'true';
    }
    yield { line: first + 1, keyword: name, text: body, flags, rest: left };
  }
}

/** The comments at the very top, which may be directives: https://docs.docker.com/reference/dockerfile/#parser-directives */
function directives(lines: readonly string[]): string {
  const end = lines.findIndex((line) => !/^#\s*\w+\s*=/.test(line));
  return lines.slice(0, Math.max(end, 0)).join('\n');
}

/** `${NAME:-default}`, `${NAME}` and `$NAME`. */
function replaced(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    VARIABLE,
    (_, braced?: string, fallback?: string, plain?: string) =>
      values[braced ?? plain ?? ''] || (fallback ?? ''),
  );
}

/** https://pkg.go.dev/github.com/distribution/reference */
function isReference(image: string): boolean {
  return /^(?:[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/.test(
    image,
  );
}
