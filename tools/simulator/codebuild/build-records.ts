import type { PhaseResult } from '../engine/types';
import type { BuildRecord } from './record';

/** All builds of the emulated account, running or ended, in the order of their start. */
export class BuildRecords {
  private readonly byId = new Map<string, BuildRecord>();
  /** Those that the former simulator did not live to see end: nobody has been told of it yet. */
  readonly interrupted: BuildRecord[] = [];

  /** Newest first. */
  all(projectName?: string): BuildRecord[] {
    const all = [...this.byId.values()].reverse();
    return projectName === undefined ? all : all.filter(({ project }) => project.name === projectName);
  }

  get(idOrArn: string): BuildRecord | undefined {
    return this.byId.get(idOrArn.replace(/^arn:.*:build\//, ''));
  }

  put(record: BuildRecord): void {
    this.byId.set(record.id, record);
  }

  delete(id: string): boolean {
    return this.byId.delete(id);
  }

  save(): readonly BuildRecord[] {
    return [...this.byId.values()];
  }

  restore(records: readonly BuildRecord[]): void {
    for (const record of records) {
      const restored = interrupted(record);
      this.put(restored);
      if (restored !== record) this.interrupted.push(restored);
    }
  }
}

/** A build that the simulator did not live to see end: CodeBuild calls the like a fault. */
function interrupted(record: BuildRecord): BuildRecord {
  if (record.endTime !== undefined) return record;
  const { currentPhase: name, currentPhaseStartedAt: startedAt } = record;
  const context = 'INTERNAL_SERVICE_ERROR: the simulator ended during this build';
  const phase: PhaseResult = { name, status: 'FAULT', startedAt, seconds: 0, context, commands: [] };
  return { ...record, status: 'FAULT', endTime: Date.now(), phases: [...record.phases, phase] };
}
