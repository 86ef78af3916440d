import { readBehaviours } from '../../tools/conformance/behaviours';
import { compare } from '../../tools/conformance/compare';
import { runOnEngine } from '../../tools/conformance/engine';

const behaviours = readBehaviours(__dirname);

test.each(behaviours.map((behaviour) => [behaviour.name, behaviour.expectation.claim, behaviour] as const))(
  '%s: %s',
  async (_name, _claim, behaviour) => {
    const seen = await runOnEngine(behaviour);
    for (const [index, expected] of behaviour.builds.entries()) {
      const observed = seen[index];
      expect(observed && compare(observed, expected).differences).toEqual([]);
    }
  },
);

test('every behaviour names the page that it comes from, so that a reader can check it', () => {
  for (const { name, expectation } of behaviours) {
    expect({ name, page: expectation.page }).toEqual({
      name,
      page: expect.stringMatching(/^https:\/\/docs\.aws\.amazon\.com\//) as string,
    });
  }
});
