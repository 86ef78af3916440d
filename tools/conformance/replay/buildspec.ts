import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Behaviour, Given } from '../behaviours';

/** As much of a buildspec as the replay must know. */
export interface Read {
  readonly commands: readonly string[];
  readonly secondaryArtifacts: readonly string[];
  /** Names of parameters and references to secrets. */
  readonly fetched: readonly string[];
}

export function buildspecFile({ folder }: Behaviour, { buildspec = 'buildspec.yml' }: Given): string {
  return path.join(folder, buildspec);
}

/** Nothing of one that cannot be read, which is then what its behaviour is about. */
export function readBuildspec(file: string): Read {
  let buildspec: unknown;
  try {
    buildspec = existsSync(file) && parse(readFileSync(file, 'utf8'), { uniqueKeys: false });
  } catch {
    buildspec = undefined;
  }
  const phases = Object.values(objectAt(buildspec, 'phases')).flatMap((phase) => [
    objectAt(phase).commands,
    objectAt(phase).finally,
  ]);
  const env = objectAt(buildspec, 'env');
  return {
    commands: texts(phases.flat()),
    secondaryArtifacts: Object.keys(objectAt(objectAt(buildspec, 'artifacts'), 'secondary-artifacts')),
    fetched: texts([
      ...Object.values(objectAt(env, 'parameter-store')),
      ...Object.values(objectAt(env, 'secrets-manager')),
    ]),
  };
}

function objectAt(value: unknown, key?: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const object = value as Record<string, unknown>;
  return key === undefined ? object : objectAt(object[key]);
}

function texts(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string');
}
