import { BUILD_IMAGES, managedImage, MANAGED_IMAGES } from '../../../lib/catalogue/build-images';
import { selectRuntimes } from '../../../tools/simulator/engine/runtimes';

const select = (image: string, versions: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    selectRuntimes(image, versions, { NODE: '22' }, () => undefined).map(({ name, version }) => [
      name,
      version,
    ]),
  );

test('latest, N.x and variables become a version of the image, so that another one on this machine is told', () => {
  expect(
    select('aws/codebuild/standard:7.0', { nodejs: 'latest', python: '3.x', golang: '1.x', ruby: '3.4' }),
  ).toEqual({ nodejs: '24', python: '3.14', golang: '1.25', ruby: '3.4' });
  expect(select('aws/codebuild/standard:8.0', { nodejs: '${NODE}' })).toEqual({ nodejs: '22' });
});

test('a version is no beginning of another one: 2 is not 22, 3.1 is not 3.10', () => {
  expect(select('aws/codebuild/standard:7.0', { nodejs: '2', python: '3.1' })).toEqual({
    nodejs: '2',
    python: '3.1',
  });
});

test('a variable that is not set is refused by name instead of taken for no version', () => {
  expect(() => select('aws/codebuild/standard:7.0', { nodejs: '$NODE_VERSION' })).toThrow(
    'Expected a version of nodejs: $NODE_VERSION is not set',
  );
});

test('an image is known by its release too; others and those of other makers are not', () => {
  expect(managedImage('aws/codebuild/standard:7.0-25.09.24')).toBe(MANAGED_IMAGES['standard:7.0']);
  expect(managedImage('aws/codebuild/amazonlinux-aarch64-standard:3.0')?.runtimes.docker).toEqual(['23']);
  expect(managedImage('aws/codebuild/standard:70')).toBeUndefined();
  expect(managedImage('public.ecr.aws/aws/codebuild/standard:7.0')).toBeUndefined();
});

test('every image that the pipeline may use is among the managed ones, with the same runtimes', () => {
  for (const [name, runtimes] of Object.entries(BUILD_IMAGES)) {
    expect(MANAGED_IMAGES[name]?.runtimes).toEqual(runtimes);
  }
});

test('versions are listed from the oldest to the newest, as latest needs them', () => {
  const numbers = (version: string): number[] => version.replace(/^\D+/, '').split('.').map(Number);
  for (const [image, { runtimes }] of Object.entries(MANAGED_IMAGES)) {
    for (const [runtime, versions] of Object.entries(runtimes)) {
      const sorted = [...versions].sort((a, b) => {
        const [majorA = 0, minorA = 0] = numbers(a);
        const [majorB = 0, minorB = 0] = numbers(b);
        return majorA - majorB || minorA - minorB;
      });
      expect({ image, runtime, versions }).toEqual({ image, runtime, versions: sorted });
    }
  }
});
