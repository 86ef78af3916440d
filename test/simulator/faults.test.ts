import { faults } from '../../tools/simulator/commands/faults';
import { faultsOf } from '../../tools/simulator/commands/options';
import { type FaultName, FAULTS, Faults, formsOf, parseFault } from '../../tools/simulator/faults';

const names = Object.keys(FAULTS) as FaultName[];

describe('a fault on the command line', () => {
  test.each(names)('%s can be asked for by the example that the list gives', (name) => {
    expect(parseFault(formsOf(name).example).name).toBe(name);
  });

  test('is told by its name and an argument, or means its default', () => {
    const asked = faultsOf(['command-fails', 'push-fails:mangoo-frontend', 'registry-throttles']);

    expect(asked.asks('command-fails', 'BUILD')).toBe(true);
    expect(asked.asks('command-fails', 'INSTALL')).toBe(false);
    expect(asked.asks('push-fails', 'mangoo-frontend')).toBe(true);
    expect(asked.asks('push-fails', 'mangoo-backend')).toBe(false);
    expect(asked.of('registry-throttles')).toEqual(['1']);
    expect(faultsOf(['scan-finds', 'scan-finds:HIGH:CVE-2026-12345']).of('scan-finds')).toEqual([
      'CRITICAL',
      'HIGH:CVE-2026-12345',
    ]);
    expect(asked.asks('stack-busy', 'MangooStack')).toBe(false);
  });

  test('without an argument, breaks every one where no default is better', () => {
    expect(faultsOf(['stack-busy']).asks('stack-busy', 'MangooStack')).toBe(true);
  });

  test.each([
    ['disc-full', /^--fault unknown fault 'disc-full'; there are: command-fails, .*disk-full/],
    [
      'command-fails:DEPLOY',
      /^--fault command-fails: expected PHASE, e\.g\. command-fails:BUILD, got 'DEPLOY'$/,
    ],
    ['command-fails:', /expected PHASE, e\.g\. command-fails:BUILD, got ''$/],
    [
      'access-denied',
      /^--fault access-denied: expected ACTION after a colon, e\.g\. access-denied:ecr:PutImage$/,
    ],
    ['access-denied:PutImage', /expected ACTION, .* got 'PutImage'$/],
    ['registry-throttles:0', /expected N, e\.g\. registry-throttles:3, got '0'$/],
    ['throttled:ecr', /expected SERVICE:OPERATION\[:N\], e\.g\. throttled:ecr:BatchGetImage:3, got 'ecr'$/],
    ['throttled:ecr:PutImage:0', /got 'ecr:PutImage:0'$/],
    ['stack-rolls-back:Service', /expected TYPE, .* got 'Service'$/],
    [
      'scan-finds:SEVERE',
      /^--fault scan-finds: expected SEVERITY\[:CVE\], e\.g\. scan-finds:HIGH:CVE-2026-12345, got 'SEVERE'$/,
    ],
    ['scan-finds:HIGH:heartbleed', /expected SEVERITY\[:CVE\], .* got 'HIGH:heartbleed'$/],
    ['two-pushes:3', /^--fault two-pushes: takes nothing after a colon, got '3'$/],
  ])('%s is refused in one line that says what is expected', (text, message) => {
    expect(() => faultsOf([text])).toThrow(message);
  });

  test('can be exchanged for the next build, and counts anew', () => {
    const asked = new Faults([parseFault('two-pushes')]);
    expect([asked.first('two-pushes'), asked.first('two-pushes')]).toEqual([true, false]);

    asked.replace([parseFault('two-pushes')]);
    expect(asked.first('two-pushes')).toBe(true);
    asked.replace([]);
    expect(asked.asks('two-pushes')).toBe(false);
  });
});

describe('throttling', () => {
  const seen = (fault: string, operation: string): boolean[] => {
    const faults = new Faults([parseFault(fault)]);
    return Array.from({ length: 4 }, () => faults.throttles(operation));
  };

  test.each([
    ['throttled:ecr:PutImage:3', [true, true, true, false]],
    ['throttled:ecr:PutImage', [true, true, false, false]],
    ['throttled', [true, true, false, false]],
    ['throttled:ecr:PutImageTagMutability', [false, false, false, false]],
    ['throttled:ecs:PutImage', [false, false, false, false]],
  ])('%s', (fault, expected) => {
    expect(seen(fault, 'ecr:PutImage')).toEqual(expected);
  });

  test('each operation is counted by itself', () => {
    const faults = new Faults([parseFault('throttled')]);
    expect(['a:A', 'b:B', 'a:A', 'b:B', 'a:A'].map((one) => faults.throttles(one))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});

test('the list says of each fault what it breaks, how the run ends, and how to ask for it', async () => {
  const lines: string[] = [];
  const context = { out: (line: string) => lines.push(line) } as never;

  expect(await faults.run({}, context, [])).toBe(0);
  for (const name of names) {
    const at = lines.findIndex((line) => line.startsWith(name));
    expect(lines.slice(at + 1, at + 4)).toEqual([
      `  breaks   ${FAULTS[name].breaks}`,
      `  ends     ${FAULTS[name].end}`,
      expect.stringContaining(`--fault ${name}`),
    ]);
  }
});
