import { type History, merged } from '../../tools/releases/history';
import { answer } from '../../tools/releases/releases';
import { recordedRelease } from './recorded-release';

function history(strays: History['strays']): History {
  const versions = [1, 2].map((n) => ({ Version: n, Value: JSON.stringify(recordedRelease(n, 'a')) }));
  return { environment: 'prod', parameter: '/mangoo-releases/prod', strays, ...merged(versions, []) };
}

test('a program reads which release is live', () => {
  expect(answer(history([]), 1)).toEqual({
    environment: 'prod',
    parameter: '/mangoo-releases/prod',
    live: '2',
    releases: [expect.objectContaining({ release: '2' })],
  });
});

test('of an environment that runs something else it reads what, and of no live release', () => {
  const strays = [{ service: 'mangoo-backend-service', taskDefinition: 'arn:backend:9', images: ['x'] }];

  expect(answer(history(strays), 20)).toMatchObject({ strays });
  expect(answer(history(strays), 20)).not.toHaveProperty('live');
});

test('where nobody could ask, it reads that what was recorded last may not be what runs', () => {
  expect(answer(history('the account does not answer'), 20)).toMatchObject({
    live: '2',
    unknown: 'the account does not answer',
  });
});
