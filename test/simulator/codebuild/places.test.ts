import { Places } from '../../../tools/simulator/codebuild/places';

async function isTaken(place: { taken: Promise<void> }): Promise<boolean> {
  let taken = false;
  void place.taken.then(() => (taken = true));
  await new Promise((resolve) => setImmediate(resolve));
  return taken;
}

test('builds beyond the quota wait, and run in the order in which they came', async () => {
  const places = new Places(1);
  const [first, second, third] = [places.enter(), places.enter(), places.enter()];
  expect([await isTaken(first), await isTaken(second)]).toEqual([true, false]);

  first.leave();
  expect([await isTaken(second), await isTaken(third)]).toEqual([true, false]);
  second.leave();
  expect(await isTaken(third)).toBe(true);
});

test('a build that is stopped while it waits gives its turn to the next, and no place is lost or doubled', async () => {
  const places = new Places(1);
  const [first, second, third] = [places.enter(), places.enter(), places.enter()];
  second.leave();
  second.leave();
  first.leave();
  first.leave();
  expect([await isTaken(second), await isTaken(third)]).toEqual([false, true]);
  third.leave();
  expect(await isTaken(places.enter())).toBe(true);
  expect(await isTaken(places.enter())).toBe(false);
});

test('a queue that is full refuses in the words of AWS, and takes builds again when one has left', () => {
  const places = new Places(1);
  const [first] = Array.from({ length: 6 }, () => places.enter());
  expect(() => places.enter()).toThrow('Cannot have more than 5 builds in queue for the account');
  first?.leave();
  expect(() => places.enter()).not.toThrow();
});
