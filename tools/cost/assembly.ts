import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../command';
import { isDirectory } from '../json-file';

export interface Stack {
  readonly name: string;
  /** `unknown-region` where whoever deploys decides. */
  readonly region: string;
  readonly resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** Of `manifest.json`, what is read here. */
interface Manifest {
  readonly artifacts?: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly environment?: string;
        readonly displayName?: string;
        readonly properties?: { readonly templateFile?: string; readonly directoryName?: string };
      }
    >
  >;
}

/**
 * The stacks that `cdk synth` has left in a directory, those of its stages too.
 *
 * @param directory absolute
 * @param name as the user gave it
 * @throws UserError when it is no cloud assembly
 */
export function readAssembly(directory: string, name: string): readonly Stack[] {
  if (!isDirectory(directory)) {
    throw new UserError(`${name}: no such directory; give the output of cdk synth, e.g. cdk.out`);
  }
  const manifest = readJson<Manifest>(
    directory,
    'manifest.json',
    name,
    'is not the output of cdk synth, which has',
  );
  return Object.entries(manifest.artifacts ?? {}).flatMap(([id, artifact]): readonly Stack[] => {
    const { templateFile, directoryName } = artifact.properties ?? {};
    if (artifact.type === 'cdk:cloud-assembly' && directoryName !== undefined) {
      return readAssembly(path.join(directory, directoryName), path.join(name, directoryName));
    }
    if (artifact.type !== 'aws:cloudformation:stack' || templateFile === undefined) return [];
    const { Resources } = readJson<{ Resources?: Stack['resources'] }>(
      directory,
      templateFile,
      name,
      'is incomplete: it needs',
    );
    return [
      {
        name: artifact.displayName ?? id,
        // aws://ACCOUNT/REGION
        region: artifact.environment?.split('/').at(-1) ?? 'unknown-region',
        resources: Resources ?? {},
      },
    ];
  });
}

function readJson<T extends object>(directory: string, file: string, name: string, without: string): T {
  let text: string;
  try {
    text = readFileSync(path.join(directory, file), 'utf8');
  } catch {
    throw new UserError(`${name}: ${without} ${file}; give the output of cdk synth, e.g. cdk.out`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // Told below.
  }
  throw new UserError(`${path.join(name, file)}: is not a JSON object; synthesize again`);
}
