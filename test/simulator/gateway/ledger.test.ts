import { Ledger } from '../../../tools/simulator/gateway/ledger';

function judgement(resource: string): Parameters<Ledger['record']>[0] {
  const call = { principal: 'p', action: 's3:PutObject', resource, decision: 'allowed' as const };
  return { call, context: {} };
}

test('a simulator that serves for weeks does not grow with every object that a build stores', () => {
  const ledger = new Ledger();
  for (let i = 0; i < 25_000; i += 1) ledger.record(judgement(`object-${i}`));
  ledger.record(judgement('object-24999'));
  expect(ledger.all()).toHaveLength(20_000);
  expect(ledger.judgements()).toHaveLength(20_000);
  expect(ledger.all().at(-1)).toMatchObject({ resource: 'object-24999', count: 2 });
});
