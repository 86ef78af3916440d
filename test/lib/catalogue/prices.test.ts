import type { ComputeType } from '../../../lib/config';
import { buildMinuteUsd, type Price, PRICES } from '../../../lib/catalogue/prices';

const COMPUTE_TYPES: readonly ComputeType[] = ['SMALL', 'MEDIUM', 'LARGE', 'XLARGE', '2XLARGE'];

/** Every price of the table by its path, e.g. `s3.standard`. */
function prices(table: object = PRICES, prefix = ''): [string, Price][] {
  return Object.entries(table).flatMap(([name, value]: [string, unknown]): [string, Price][] => {
    if (typeof value !== 'object' || value === null) return [];
    return 'source' in value ? [[`${prefix}${name}`, value as Price]] : prices(value, `${prefix}${name}.`);
  });
}

test('every price names its unit and its source, so that a reader can check it before they trust it', () => {
  expect(prices().length).toBeGreaterThan(20);
  for (const [name, { unit, source, evidence }] of prices()) {
    expect({ name, unit, source, evidence }).toEqual({
      name,
      unit: expect.stringMatching(/\w/) as string,
      source: expect.stringMatching(/^https:\/\/[\w.]+\/\S+$/) as string,
      evidence: expect.stringMatching(/^(aws|price list|others)$/) as string,
    });
  }
});

test('what AWS itself is said to tell is told on a page of AWS', () => {
  for (const [name, { source }] of prices().filter(([, price]) => price.evidence === 'aws')) {
    expect(`${name} ${source}`).toMatch(/ https:\/\/(aws|docs\.aws)\.amazon\.com\//);
  }
});

test('a price is a positive number or missing, never a zero that would make a part look free', () => {
  for (const [name, { usd }] of prices()) {
    if (usd !== undefined) expect(`${name} ${usd > 0 && usd < 100}`).toBe(`${name} true`);
  }
});

test('the table says of which month it is, so that nobody takes last year for today', () => {
  expect(PRICES.pricesOf).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
});

test.each([
  ['SMALL', 0.005],
  ['MEDIUM', 0.01],
  ['LARGE', 0.02],
  ['XLARGE', undefined],
  ['2XLARGE', 0.2],
] as const)('a build minute on %s is %p', (computeType, usd) => {
  expect(buildMinuteUsd(computeType, 'us-east-1')).toBe(usd);
});

test('a price that no source tells says why, instead of a guess', () => {
  const unknown = prices().filter(([, { usd }]) => usd === undefined);
  expect(unknown.map(([name]) => name)).toEqual(['buildMinute.XLARGE']);
  for (const [, { note }] of unknown) expect(note).toBeDefined();
});

test('another region has no price, so that a build there is not told one that is not its own', () => {
  for (const computeType of COMPUTE_TYPES)
    expect(buildMinuteUsd(computeType, 'eu-central-1')).toBeUndefined();
});
