import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
// The engine's tests and this ask the engine in the same way, or they could not be said to agree.
import { build, removeDirectories } from '../../test/simulator/engine/harness';
import type { Behaviour } from './behaviours';
import type { Observed } from './compare';

/** Runs the builds of a behaviour on this machine's engine, by itself: no API, no AWS, an artifact is what would be stored. */
export async function runOnEngine(behaviour: Behaviour): Promise<Observed[]> {
  const caches = mkdtempSync(path.join(tmpdir(), 'conformance-'));
  try {
    const seen: Observed[] = [];
    for (const { given: { cache, buildspec, ...given } = {} } of behaviour.builds) {
      const observed = await build({
        source: behaviour.folder,
        ...given,
        ...(cache && { cache: { directory: caches, keyed: cache === 'S3' } }),
        ...(buildspec && { buildspec: readFileSync(path.join(behaviour.folder, buildspec), 'utf8') }),
      });
      const { result, uploads, phases, contexts, printed, log, output } = observed;
      const { status, exportedVariables, reports, simulated } = result;
      const artifacts = uploads.map(({ files, ...artifact }) => ({
        ...artifact,
        files: files.filter((file) => existsSync(file.absolutePath)).map((file) => file.path),
      }));
      seen.push({
        ...{ status, phases, contexts, printed, log, output },
        ...{ exportedVariables, reports, simulated, artifacts },
      });
    }
    return seen;
  } finally {
    removeDirectories();
    rmSync(caches, { recursive: true, force: true });
  }
}
