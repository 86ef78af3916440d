import { largeVariables } from '../../../tools/preflight/rules/large-variables';
import { said } from '../example';

/** A project whose variables have so many characters. */
function project(...sizes: readonly number[]): object {
  const EnvironmentVariables = sizes.map((size, i) => ({ Name: `V${i}`, Value: 'x'.repeat(size - 2) }));
  return { project: { Environment: { EnvironmentVariables } } };
}

test('nothing is said of the example, or of variables that fit', () => {
  expect(said(largeVariables)).toEqual([]);
  expect(said(largeVariables, project(4_000, 1_000))).toEqual([]);
});

test('variables that are too large together are an error, which names the longest: AWS names none', () => {
  expect(said(largeVariables, project(500, 3_000, 2_001))).toEqual([
    expect.stringMatching(
      /^error .*the variables of app-build have at least 5501 characters together, around 5500 being the most: V1 3000, V2 2001, V0 500/,
    ),
  ]);
});

test('those that only just fit are a warning', () => {
  expect(said(largeVariables, project(5_500))).toEqual([expect.stringMatching(/^warning /)]);
});

test('what only the deployment will know counts for nothing, so that nobody is told of what may fit', () => {
  const Value = { Ref: 'AVeryLongLogicalIdThatIsNotThere'.repeat(200) };
  const Environment = { EnvironmentVariables: [{ Name: 'V', Value }] };
  expect(said(largeVariables, { project: { Environment } })).toEqual([]);
});
