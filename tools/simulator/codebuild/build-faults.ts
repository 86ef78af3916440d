import { appendFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { EnvironmentVariable, PhaseName } from '../engine/types';
import type { Faults } from '../faults';

/** What one build meets of the faults that are asked for. */
export class BuildFaults {
  private readonly timeout = new AbortController();

  constructor(
    private readonly faults: Faults,
    private readonly build: {
      /** As `aws codebuild stop-build`. */
      stop(): void;
      /** Ends the credentials of the build, and of all that acts for it. */
      expire(): void;
    },
  ) {}

  /** Aborted when the project's timeout is played to have come. */
  get timeUp(): AbortSignal {
    return this.timeout.signal;
  }

  /** The project's, and others as if it had them too. */
  variables(own: readonly EnvironmentVariable[]): EnvironmentVariable[] {
    const plain = (name: string, value: string): EnvironmentVariable => ({ name, value, type: 'PLAINTEXT' });
    const imageScan = own.find(({ name }) => name === 'IMAGE_SCAN');
    return [
      ...own,
      ...this.faults
        .of('parameter-missing')
        .map((value): EnvironmentVariable => ({ name: 'MISSING', value, type: 'PARAMETER_STORE' })),
      // Of ci/verify.sh, which would wait for twenty minutes.
      ...(this.faults.of('rollout-never-stable').length
        ? [plain('ROLLOUT_TIMEOUT_SECONDS', '5'), plain('ROLLOUT_POLL_SECONDS', '1')]
        : []),
      // Of ci/scan.sh, which would wait for five.
      ...(imageScan && this.faults.of('scan-never-ends').length
        ? [
            plain('IMAGE_SCAN', JSON.stringify({ ...JSON.parse(imageScan.value), waitSeconds: 5 })),
            plain('SCAN_POLL_SECONDS', '1'),
          ]
        : []),
    ];
  }

  /** Lets images fail to build, on whatever engine. */
  async breakSource(directory: string): Promise<void> {
    if (!this.faults.of('build-fails').length) return;
    for (const file of await readdir(directory, { recursive: true })) {
      const folder = path.basename(path.dirname(path.join(directory, file)));
      if (path.basename(file) !== 'Dockerfile' || !this.faults.asks('build-fails', folder)) continue;
      await appendFile(path.join(directory, file), '\nCOPY not-there-because-of-the-fault /\n');
    }
  }

  phaseStarted(phase: PhaseName): void {
    if (this.faults.asks('credentials-expired', phase)) this.build.expire();
  }

  /** A shell command; undefined where the phase's own is to run. */
  insteadOfFirstCommand(phase: PhaseName): string | undefined {
    if (this.faults.asks('build-stopped', phase)) this.build.stop();
    if (this.faults.asks('times-out', phase)) this.timeout.abort();
    if (this.faults.asks('command-fails', phase)) {
      return `echo 'this command fails because of --fault command-fails:${phase} (simulated)'; exit 1`;
    }
    // Linux has a device that is always full: the shell's own write fails as on a full disk.
    if (this.faults.asks('disk-full', phase)) return 'echo "as large as the disk" >/dev/full';
    return undefined;
  }
}
