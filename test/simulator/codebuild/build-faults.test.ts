import { Faults } from '../../../tools/simulator/faults';
import { fleet, PROJECT, removeDirectories } from './fleet';

afterAll(removeDirectories);

async function imageScanOf(faults: Faults): Promise<string | undefined> {
  const { builds, call, logs } = await fleet({ faults });
  await call('UpdateProject', {
    name: PROJECT.name,
    environment: {
      ...PROJECT.environment,
      environmentVariables: [{ name: 'IMAGE_SCAN', value: '{"refuse":"HIGH","waitSeconds":300}' }],
    },
  });
  const buildspecOverride = `version: 0.2\nphases:\n  build:\n    commands:\n      - echo "scan $IMAGE_SCAN"\n`;
  const { build } = await call('StartBuild', { projectName: PROJECT.name, buildspecOverride });
  await builds.ended(build.id);
  return /^scan (.*)$/m.exec([...logs.values()].join(''))?.[1];
}

test('a scan that never ends is not waited for as long as on AWS, so that the fault can be tried in seconds', async () => {
  const faults = new Faults([{ name: 'scan-never-ends' }]);

  expect(await imageScanOf(faults)).toBe('{"refuse":"HIGH","waitSeconds":5}');
});

test("without the fault, a build sees the project's own variable", async () => {
  expect(await imageScanOf(new Faults())).toBe('{"refuse":"HIGH","waitSeconds":300}');
});

test('a command that fails takes no command of `finally` with it, so that what a failed build leaves is seen as on AWS', async () => {
  const { builds, call, logs } = await fleet({
    faults: new Faults([{ name: 'command-fails', argument: 'BUILD' }]),
  });
  const buildspecOverride = `version: 0.2\nphases:\n  build:\n    commands:\n      - echo built\n    finally:\n      - echo "cleaned $((6 * 7))"\n`;
  const { build } = await call('StartBuild', { projectName: PROJECT.name, buildspecOverride });
  await builds.ended(build.id);

  const log = [...logs.values()].join('');
  expect(log).toContain('this command fails because of --fault command-fails:BUILD (simulated)');
  expect(log).toContain('cleaned 42');
});
