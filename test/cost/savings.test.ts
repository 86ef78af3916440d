import { pipelineOf } from '../../tools/cost/pipeline';
import { alternativesOf, type Saving, savingsOf } from '../../tools/cost/savings';
import type { Usage } from '../../tools/cost/usage';
import { kept, resources, TIERED, type Wishes } from './handmade';

const USAGE: Usage = { buildsPerMonth: 100, minutes: 15, artifactMB: 100, logMB: 5 };

function savings(wishes: Wishes = {}, usage: Partial<Usage> = {}): Record<string, Omit<Saving, 'item'>> {
  const all = savingsOf(pipelineOf([{ name: 'S', region: 'us-east-1', resources: resources(wishes) }]), {
    ...USAGE,
    ...usage,
  });
  return Object.fromEntries(all.map(({ item, ...rest }) => [item, rest]));
}

test('each size is told with its price for the same minutes, and the one without a price as unknown', () => {
  const pipeline = pipelineOf([{ name: 'S', region: 'us-east-1', resources: resources() }]);
  expect(alternativesOf(pipeline, USAGE)).toEqual([
    { computeType: 'SMALL', usd: 7.5, current: false },
    { computeType: 'MEDIUM', usd: 15, current: false },
    { computeType: 'LARGE', usd: 30, current: true },
    { computeType: 'XLARGE', usd: undefined, current: false },
    { computeType: '2XLARGE', usd: 300, current: false },
  ]);
});

test('where projects differ in size, none is said to be the one of now', () => {
  const stack = (name: string, wishes: Wishes = {}): Parameters<typeof pipelineOf>[0][number] => ({
    name,
    region: 'us-east-1',
    resources: resources(wishes),
  });
  const pipeline = pipelineOf([stack('A'), stack('B', { computeType: 'BUILD_GENERAL1_SMALL' })]);

  expect(alternativesOf(pipeline, USAGE).filter(({ current }) => current)).toEqual([]);
  expect(alternativesOf(pipeline, USAGE)[0]).toMatchObject({ computeType: 'SMALL', usd: 15 });
});

test('projects that a release pipeline has taken the pushes from are not counted as building', () => {
  const stack = (name: string, wishes: Wishes = {}): Parameters<typeof pipelineOf>[0][number] => ({
    name,
    region: 'us-east-1',
    resources: resources(wishes),
  });
  const pipeline = { Type: 'AWS::CodePipeline::Pipeline' };
  const { projects } = pipelineOf([
    stack('Release', { more: { Pipeline: pipeline }, project: { Name: 'step' } }),
    stack('Dev', { project: { Name: 'dev' } }),
    stack('Pulls', { project: { Name: 'pull-requests', Triggers: { Webhook: true } } }),
  ]);

  expect(projects.map(({ name }) => name)).toEqual(['step', 'pull-requests']);
});

test('a machine of another kind is not offered the sizes of Linux', () => {
  const arm = resources({ environmentType: 'ARM_CONTAINER' });
  const pipeline = pipelineOf([{ name: 'S', region: 'us-east-1', resources: arm }]);
  expect(alternativesOf(pipeline, USAGE)).toEqual([]);
  expect(savingsOf(pipeline, USAGE).map(({ item }) => item)).not.toContain('caching');
});

describe('caching', () => {
  test('that is off would save half to seven tenths, in whole minutes of each build', () => {
    // 15 minutes become 7.5, charged as 8, or 4.5, charged as 5.
    expect(savings({ cache: 'NO_CACHE' }).caching).toMatchObject({
      inEffect: false,
      usd: 14,
      usdAtMost: 20,
    });
  });

  test('that is on is in the minutes already: without, they would be 30 to 50', () => {
    expect(savings().caching).toMatchObject({ inEffect: true, usd: 30, usdAtMost: 70 });
  });

  test('of minutes that divide evenly adds no minute by binary fractions', () => {
    expect(savings({ cache: 'NO_CACHE' }, { minutes: 10 }).caching).toMatchObject({ usd: 10, usdAtMost: 14 });
  });
});

describe('a smaller size', () => {
  test('MEDIUM instead of LARGE saves half, and is worth it until builds take twice as long', () => {
    const saving = savings()['MEDIUM instead of LARGE'];
    expect(saving).toMatchObject({ inEffect: false, usd: 15 });
    expect(saving?.note).toContain('under 30 minutes');
  });

  test('the next one with a price is compared, as nobody knows what XLARGE costs', () => {
    const saving = savings({ computeType: 'BUILD_GENERAL1_2XLARGE' })['LARGE instead of 2XLARGE'];
    expect(saving).toMatchObject({ usd: 270 });
    expect(saving?.note).toContain('under 150 minutes');
  });

  test.each(['SMALL', 'XLARGE'])('there is none below %s that can be compared', (size) => {
    const of = savings({ computeType: `BUILD_GENERAL1_${size}` });
    expect(Object.keys(of).filter((item) => item.includes(`instead of ${size}`))).toEqual([]);
  });
});

describe('artifacts', () => {
  test('of 7 days instead of 30 save 23 days of Intelligent-Tiering, with what that takes beside', () => {
    const month = 730 / 24;
    const storage = (10 * 23 * 0.023) / month;
    const monitoring = (2 * 23 * 0.0025) / month;
    const transitions = 0.02;
    expect(savings()['artifacts kept 7 days instead of 30']).toMatchObject({
      inEffect: false,
      usd: expect.closeTo(storage + monitoring + transitions, 6) as number,
    });
  });

  test('of 7 days already save what 30 would cost', () => {
    const of = savings({ rules: [{ Status: 'Enabled', ExpirationInDays: 7 }] });
    expect(of['artifacts kept 7 days instead of 30']).toMatchObject({
      inEffect: true,
      usd: expect.closeTo((10 * 23 * 0.023 * 24) / 730, 6) as number,
    });
  });

  test('that expire before Intelligent-Tiering gets cheaper would cost less in Standard', () => {
    expect(savings()['artifacts left in S3 Standard']?.usd).toBeCloseTo(0.0238, 4);
  });

  test('that lie unread for long are not advised to stay in Standard', () => {
    const of = savings({ rules: [{ ...TIERED, ExpirationInDays: 200 }] });
    expect(Object.keys(of)).not.toContain('artifacts left in S3 Standard');
  });

  test('of no project are not advised about', () => {
    const of = savings({ project: { Artifacts: { Type: 'NO_ARTIFACTS' } } });
    expect(Object.keys(of).filter((item) => item.startsWith('artifacts'))).toEqual([]);
  });
});

describe('pruning', () => {
  const images = 'a,a,mangoo-backend,s,200 b,b,mangoo-frontend,s,50';

  test('that is on saves what the images of a year would cost beside those that are kept', () => {
    const repositories = { 'mangoo-backend': kept(20), 'mangoo-frontend': kept(20) };
    // 1,200 of 250 MB are 300 GB; 20 are 5 GB.
    expect(savings({ images, repositories })['old images pruned']).toMatchObject({
      inEffect: true,
      usd: 29.5,
    });
  });

  test('that is off would save the same', () => {
    const repositories = { 'mangoo-backend': undefined, 'mangoo-frontend': undefined };
    expect(savings({ images, repositories })['old images pruned']).toMatchObject({
      inEffect: false,
      usd: 29.5,
    });
  });

  test('of fewer images than are kept saves nothing, not less than nothing', () => {
    const repositories = { 'mangoo-backend': kept(20) };
    expect(savings({ images, repositories }, { buildsPerMonth: 1 })['old images pruned']?.usd).toBe(0);
  });
});
