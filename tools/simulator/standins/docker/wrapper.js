#!/usr/bin/env node
// The `docker` of a build where an engine answers: the real one, which finds the emulated registry under the name of the
// account's. Names of images are translated on the way in, docker's own words on the way out; what a program within a
// container is told or says is left alone. Plain JavaScript, because it starts ten times as fast as what has to be compiled.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Transform } = require('node:stream');

/**
 * docker: the client; host: the account's registry, if any; local: where it is played; plugins: the user's, if any;
 * label: by which the containers of this run are found, and go with it: on CodeBuild their host does.
 */
const settings = JSON.parse(fs.readFileSync(path.join(__dirname, 'wrapper.json'), 'utf8'));

const REGISTRY = String.raw`\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?`;
/** A name that begins with a registry, or is one. */
const REFERENCE = new RegExp(String.raw`^(?:https?://)?(${REGISTRY})(?=/|$)`);
/** The same within the value of an option, e.g. `type=registry,ref=…` or `base=docker-image://…`. */
const WITHIN = new RegExp(String.raw`(^|[=,]|docker-image://)(${REGISTRY})(?=[/,]|$)`, 'g');

const GLOBAL_VALUES = words('--config -c --context -H --host -l --log-level --tlscacert --tlscert --tlskey');
const BUILD_FLAGS = words(
  '--check --compress -D --debug --disable-content-trust --force-rm --help --load --no-cache --pull --push -q --quiet --rm --squash',
);
const RUN_FLAGS = words(
  '-d --detach --disable-content-trust --help --init -i --interactive --no-healthcheck --oom-kill-disable --privileged -P --publish-all -q --quiet --read-only --rm --sig-proxy -t --tty --use-api-socket',
);
/** Options of which a value holds names of images. */
const NAMING = words('-t --tag -f --cache-from --cache-to -o --output --build-context --build-arg --filter');
/** Options of which a value is text, whatever it looks like. */
const TEXT = words('--label -l --annotation --format -m --message -c --change --secret');
/** What they write belongs to somebody else: to a program, or to a file. */
const FOREIGN_OUTPUT = words('run exec attach start logs save export cp compose');

main().catch((error) => {
  console.error(`docker: ${error.message}`);
  process.exitCode = 1;
});

async function main() {
  const args = process.argv.slice(2);
  let at = 0;
  while (at < args.length && args[at].startsWith('-')) at += GLOBAL_VALUES.has(args[at]) ? 2 : 1;
  const globals = args.slice(0, at);
  const nested = words('image container buildx builder').has(args[at]);
  const command = args.slice(at, at + (nested ? 2 : 1));
  const name = command.at(-1);
  const rest = args.slice(at + command.length);

  let input = 'inherit';
  let translated;
  // `docker buildx create` makes a builder.
  if ((name === 'run' || name === 'create') && command[0] !== 'buildx')
    translated = ['--label', settings.label, ...runArguments(rest)];
  else if (name === 'exec') translated = rest;
  else if (name === 'build' || (command[0] === 'buildx' && name === 'b')) {
    const build = buildArguments(rest);
    translated = build.args;
    if (build.input !== undefined) input = 'pipe';
    await runDocker([...globals, ...command, ...translated], input, !settings.host, build.input);
    return;
  } else translated = named(rest);
  await runDocker([...globals, ...command, ...translated], input, FOREIGN_OUTPUT.has(name) || !settings.host);
}

/** A name of an image, a repository or a registry, as the engine has to be given it. */
function reference(text) {
  return text.replace(REFERENCE, (_, registry) => local(registry));
}

function local(registry) {
  if (registry === settings.host) return settings.local;
  if (!settings.host)
    throw new Error(`${registry}: no AWS is emulated here; simulate push and simulate serve do that`);
  throw new Error(`${registry}: the emulated AWS has one registry, ${settings.host}`);
}

function within(text) {
  return text.replace(WITHIN, (_, before, registry) => before + local(registry));
}

/** Translates names wherever docker takes one: options that name images, and whatever is no option. */
function named(args) {
  return args.map((arg, index) => {
    const previous = args[index - 1] ?? '';
    if (TEXT.has(previous)) return arg;
    if (NAMING.has(previous)) return within(arg);
    const [, option, value] = /^(--[a-z-]+)=([^]*)$/.exec(arg) ?? [];
    if (option) return NAMING.has(option) ? `${option}=${within(value)}` : arg;
    if (/^-[to]./.test(arg)) return arg.slice(0, 2) + within(arg.slice(2));
    return reference(arg);
  });
}

/** Of `docker run` and `docker create`, the image alone: what follows is the command, and what goes before is not a name. */
function runArguments(args) {
  const image = positions(args, RUN_FLAGS)[0];
  return args.map((arg, index) => (index === image ? reference(arg) : arg));
}

/** Indices of what is neither an option nor the value of one. */
function positions(args, flags) {
  const found = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === '--') return [...found, ...args.keys()].filter((index) => found.includes(index) || index > i);
    if (arg === '-' || !arg.startsWith('-')) found.push(i);
    else if (!arg.includes('=') && !flags.has(arg) && takesNext(arg, flags)) i += 1;
  }
  return found;
}

/** `-it` is two flags, `-itp 80:80` ends with an option that takes what follows, `-p80:80` has its value already. */
function takesNext(arg, flags) {
  if (arg.startsWith('--')) return true;
  const letters = [...arg.slice(1)];
  const value = letters.findIndex((letter) => !flags.has(`-${letter}`));
  return value === letters.length - 1;
}

/** @returns the arguments, and what docker is to read instead of the standard input */
function buildArguments(args) {
  const context = args[positions(args, BUILD_FLAGS)[0]];
  const at = args.findIndex((arg) => /^(-f|--file)(=|$)/.test(arg));
  const given = at < 0 ? undefined : args[at].includes('=') ? args[at].replace(/^[^=]*=/, '') : args[at + 1];
  const rest = at < 0 ? args : args.filter((_, i) => i !== at && (args[at].includes('=') || i !== at + 1));
  // A Dockerfile that is the whole context; an archive starts with other bytes, and is not looked into.
  if (context === '-' && given === undefined) {
    const bytes = fs.readFileSync(0);
    const text = bytes.toString('utf8');
    return { args: named(args), input: text.includes('\0') ? bytes : dockerfile(text) };
  }
  const file = given === '-' ? 0 : (given ?? path.join(context ?? '.', 'Dockerfile'));
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    // A repository's address for context, or a mistake that docker tells better.
    return { args: named(args) };
  }
  const changed = dockerfile(text);
  if (file !== 0 && changed === text) return { args: named(args) };
  const copy = path.join(temporary(), 'Dockerfile');
  fs.writeFileSync(copy, changed);
  // BuildKit looks for this one before the context's own.
  if (file !== 0 && fs.existsSync(`${file}.dockerignore`)) {
    fs.copyFileSync(`${file}.dockerignore`, `${copy}.dockerignore`);
  }
  return { args: ['--file', copy, ...named(rest)] };
}

/** Translates the images that a Dockerfile starts from or copies from; its commands stay as they are. */
function dockerfile(text) {
  const starts = new RegExp(String.raw`([\s="'])(${REGISTRY})(?=[/"'\s]|$)`, 'g');
  const copies = new RegExp(String.raw`(\bfrom=)(${REGISTRY})(?=/)`, 'g');
  return text
    .split('\n')
    .map((line) =>
      line.replace(
        /^\s*(FROM|ARG)\s|^#\s*syntax\s*=/i.test(line) ? starts : copies,
        (_, before, registry) => before + local(registry),
      ),
    )
    .join('\n');
}

function temporary() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'docker-build-'));
  process.on('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function runDocker(args, input, foreignOutput, inputBytes) {
  prepareConfiguration();
  const output = foreignOutput ? 'inherit' : 'pipe';
  const child = spawn(settings.docker, args, { stdio: [input, output, output] });
  if (input === 'pipe') child.stdin.on('error', () => undefined).end(inputBytes);
  if (!foreignOutput) {
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      // Whoever reads, `head` for one, may have enough before docker has ended.
      to.on('error', () => child.kill('SIGPIPE'));
      from.pipe(translation()).pipe(to, { end: false });
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.exitCode = code ?? 1;
      if (signal) {
        process.removeAllListeners('SIGPIPE');
        for (const name of signals) process.removeAllListeners(name);
        process.kill(process.pid, signal);
      }
      resolve();
    });
  });
}

/** Gives the engine's words the registry's name back. Bytes, not characters: docker may write anything. */
function translation() {
  const name = new RegExp(`${settings.local.replaceAll('.', String.raw`\.`)}(?![0-9])`, 'g');
  let kept = '';
  return new Transform({
    transform(chunk, _, done) {
      const text = kept + chunk.toString('latin1');
      // What may be the beginning of the name waits for the rest of it.
      let length = Math.min(text.length, settings.local.length);
      while (length > 0 && !settings.local.startsWith(text.slice(-length))) length -= 1;
      kept = length ? text.slice(-length) : '';
      const whole = length ? text.slice(0, -length) : text;
      done(null, Buffer.from(whole.replace(name, settings.host), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(kept.replace(name, settings.host), 'latin1'));
    },
  });
}

/**
 * The build has a home of its own, and so a configuration of docker's own. An entry keeps `docker login` from choosing the
 * user's keychain, which it does while there is none; plug-ins are programs, and the user's are wanted.
 */
function prepareConfiguration() {
  if (process.env.DOCKER_CONFIG || !process.env.HOME) return;
  const directory = path.join(process.env.HOME, '.docker');
  fs.mkdirSync(directory, { recursive: true });
  const write = (work) => {
    try {
      work();
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  };
  const entry = JSON.stringify({ auths: { [settings.local]: {} } });
  write(() => fs.writeFileSync(path.join(directory, 'config.json'), entry, { flag: 'wx', mode: 0o600 }));
  if (settings.plugins) write(() => fs.symlinkSync(settings.plugins, path.join(directory, 'cli-plugins')));
}

function words(text) {
  return new Set(text.split(' '));
}
