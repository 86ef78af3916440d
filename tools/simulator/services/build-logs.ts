import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { BuildLog } from './build-log';

/**
 * The logs of all builds, by log group and stream. They stay in their directory: the same directory has them again after a
 * restart. The groups themselves, with their retention, are the emulator's; nothing expires here.
 */
export class BuildLogs {
  private readonly groups = new Map<string, Map<string, BuildLog>>();
  /** No event is later. */
  private latest = 0;
  private notBefore = 0;

  /** @param directory need not exist */
  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
    for (const group of readdirSync(directory)) {
      for (const file of readdirSync(path.join(directory, group))) {
        const [, stream] = /^(.*)\.log$/.exec(file) ?? [];
        if (stream !== undefined) this.add(decodeURIComponent(group), decodeURIComponent(stream));
      }
    }
  }

  /** The log to write a build's output to; one that exists is continued. */
  open(group: string, stream: string): BuildLog {
    mkdirSync(this.directoryOf(group), { recursive: true });
    return this.get(group, stream) ?? this.add(group, stream);
  }

  get(group: string, stream: string): BuildLog | undefined {
    return this.groups.get(group)?.get(stream);
  }

  /**
   * The logs of a group by stream, to be read; undefined where it has none. What is written after this call gets a later
   * time than all that is there now: a reader that has seen a millisecond, and goes on behind it, misses nothing.
   */
  of(group: string): ReadonlyMap<string, BuildLog> | undefined {
    this.notBefore = this.latest + 1;
    return this.groups.get(group);
  }

  delete(group: string): void {
    for (const log of this.groups.get(group)?.values() ?? []) log.delete();
    rmSync(this.directoryOf(group), { recursive: true, force: true });
    this.groups.delete(group);
  }

  /** @returns whether there was one */
  deleteStream(group: string, stream: string): boolean {
    this.get(group, stream)?.delete();
    return this.groups.get(group)?.delete(stream) ?? false;
  }

  private add(group: string, stream: string): BuildLog {
    const file = path.join(this.directoryOf(group), fileName(stream));
    const log = new BuildLog(file, () => this.now());
    this.latest = Math.max(this.latest, log.lastEventTimestamp ?? 0);
    this.groups.set(group, (this.groups.get(group) ?? new Map<string, BuildLog>()).set(stream, log));
    return log;
  }

  private now(): number {
    return (this.latest = Math.max(this.latest, this.notBefore, Date.now()));
  }

  private directoryOf(group: string): string {
    return path.join(this.directory, fileName(group));
  }
}

/** Names may contain slashes, and be `..`. */
function fileName(name: string): string {
  return encodeURIComponent(name).replace(/^\.+/, (dots) => '%2E'.repeat(dots.length));
}
