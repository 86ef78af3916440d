// Runs the steps that its standard input names, side by side: side-by-side.mjs STEPS
// A step is a row, its cells separated by tabs: name, the steps that it comes after (separated by commas, or -), and its
// command, a cell for each word. STEPS gets a row of each that began, when it ends: name, start and end (milliseconds since 1970),
// what it came after, and passed, failed or stopped.
//
// What a step prints comes at once, each line under its name: whoever looks at a long build sees that it goes on. The first
// failure stops the others; it is told at the end, with its last lines, and its exit status is that of all.
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { availableParallelism, constants as system, tmpdir } from 'node:os';
import path from 'node:path';

const LAST_LINES = 20;
/** Between asking a step to end and ending it. */
const GRACE_MS = 10_000;
/** For what is still in the pipe when a step has ended. */
const DRAIN_MS = 1000;
/** A line that is longer comes in pieces. */
const LONGEST_LINE = 64 * 1024;
/** Lines that programs read: CloudWatch's filters see no JSON behind a name. */
const STRUCTURED = '{"mangoo":';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * One pipe for both outputs, so that their lines stay in order. Not those of Node.js, which are sockets: a program could
 * not open /dev/stderr.
 */
function openPipe() {
  const folder = mkdtempSync(path.join(tmpdir(), 'mangoo-step-'));
  const file = path.join(folder, 'output');
  execFileSync('mkfifo', [file]);
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(file, constants.O_WRONLY);
  rmSync(folder, { recursive: true });
  return { reader, writer };
}

class Step {
  lines = [];
  rest = Buffer.alloc(0);

  constructor(row) {
    [this.name, this.after, ...this.command] = row.split('\t');
    this.comesAfter = this.after === '-' ? [] : this.after.split(',');
  }

  /** Until it has ended and all that it printed is told: its exit status. */
  async run() {
    const { reader, writer } = openPipe();
    const [program, ...args] = this.command;
    this.start = Date.now();
    // In a process group of its own, which can be stopped as a whole. Nothing to read: a step cannot take the others' input.
    const child = spawn(program, args, { detached: true, stdio: ['ignore', writer, writer] });
    closeSync(writer);
    this.group = child.pid;
    const output = new Socket({ fd: reader, readable: true, writable: false });
    const told = new Promise((resolve) => {
      output
        .on('data', (chunk) => this.take(chunk))
        .on('error', resolve)
        .on('close', resolve);
    });
    const status = await new Promise((resolve) => {
      child.on('error', (error) => {
        this.tell(Buffer.from(`${program}: ${error.message}`));
        resolve(127);
      });
      child.on('exit', (code, signal) => resolve(code ?? 128 + system.signals[signal]));
    });
    this.end = Date.now();
    // A process that the step has left behind holds the pipe.
    if (!(await within(DRAIN_MS, told))) {
      this.signal('SIGKILL');
      if (!(await within(DRAIN_MS, told))) output.destroy();
    }
    this.signal('SIGKILL');
    clearTimeout(this.timer);
    if (this.rest.length) this.tell(this.rest);
    return status;
  }

  stop() {
    this.signal('SIGTERM');
    this.timer = setTimeout(() => this.signal('SIGKILL'), GRACE_MS);
  }

  signal(signal) {
    try {
      if (this.group) process.kill(-this.group, signal);
    } catch {
      // All of it has ended.
    }
  }

  take(chunk) {
    this.rest = Buffer.concat([this.rest, chunk]);
    for (let end; (end = this.rest.indexOf('\n')) >= 0; this.rest = this.rest.subarray(end + 1)) {
      this.tell(this.rest.subarray(0, end));
    }
    if (this.rest.length < LONGEST_LINE) return;
    this.tell(this.rest);
    this.rest = Buffer.alloc(0);
  }

  // As bytes: what a program prints need not be UTF-8.
  tell(line) {
    if (line.toString('latin1', 0, STRUCTURED.length) === STRUCTURED) {
      // Once: what they tell is counted.
      process.stderr.write(Buffer.concat([line, Buffer.from('\n')]));
      return;
    }
    process.stderr.write(Buffer.concat([Buffer.from(`[${this.name}] `), line, Buffer.from('\n')]));
    this.lines.push(Buffer.from(line));
    if (this.lines.length > LAST_LINES) this.lines.shift();
  }
}

/** Whether a promise is kept in time. */
function within(milliseconds, promise) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

class SideBySide {
  waiting = [];
  running = new Set();
  passed = new Set();
  stopping = false;

  constructor(steps, atOnce, record) {
    this.waiting = steps;
    this.atOnce = atOnce;
    this.record = record;
  }

  /** The exit status of all. */
  async run() {
    while (this.running.size || (this.waiting.length && !this.stopping)) {
      this.begin();
      if (!this.running.size) {
        const [{ name, after }] = this.waiting;
        throw new Error(`${name} comes after ${after}, which never ends`);
      }
      await Promise.race([...this.running].map(({ ended }) => ended));
    }
    if (this.failed) this.report();
    return this.failed?.status ?? this.interrupted ?? 0;
  }

  begin() {
    for (const step of [...this.waiting]) {
      if (this.stopping || this.running.size >= this.atOnce) return;
      if (!step.comesAfter.every((name) => this.passed.has(name))) continue;
      this.waiting.splice(this.waiting.indexOf(step), 1);
      this.running.add(step);
      step.ended = step.run().then((status) => this.end(step, status));
    }
  }

  end(step, status) {
    this.running.delete(step);
    step.status = status;
    let how = status === 0 ? 'passed' : 'failed';
    // Whatever it made of the signal.
    if (this.stopping) how = 'stopped';
    if (how === 'passed') this.passed.add(step.name);
    this.record([step.name, step.start, step.end, step.after, how]);
    if (how !== 'failed') return;
    this.failed = step;
    this.stop();
  }

  /** With a signal that came from outside, or because a step has failed. */
  stop(signal) {
    if (signal) this.interrupted ??= 128 + system.signals[signal];
    if (this.stopping) return;
    this.stopping = true;
    this.stopped = [...this.running].map(({ name }) => name);
    for (const step of this.running) step.stop();
  }

  report() {
    const { name, status, lines } = this.failed;
    process.stderr.write(`==> the last lines of ${name}:\n`);
    for (const line of lines) process.stderr.write(Buffer.concat([line, Buffer.from('\n')]));
    const others = this.stopped.length ? `; stopped with it: ${this.stopped.join(', ')}` : '';
    process.stderr.write(`ERROR: ${name} failed with exit status ${status}${others}\n`);
  }
}

async function main(file) {
  const steps = readFileSync(0, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((row) => new Step(row));
  // Most steps wait for a network or a disk now and then: a machine of one core runs two.
  const atOnce = Number(process.env.STEPS_AT_ONCE || Math.max(2, availableParallelism()));
  if (!(Number.isInteger(atOnce) && atOnce > 0)) {
    throw new Error(`STEPS_AT_ONCE: expected a whole number above 0, got '${process.env.STEPS_AT_ONCE}'`);
  }
  const all = new SideBySide(steps, atOnce, (row) => appendFileSync(file, `${row.join('\t')}\n`));
  for (const signal of SIGNALS) process.on(signal, () => all.stop(signal));
  process.exitCode = await all.run();
}

main(process.argv[2]).catch((error) => {
  process.stderr.write(`ERROR: ${error.message}\n`);
  process.exitCode = 1;
});
