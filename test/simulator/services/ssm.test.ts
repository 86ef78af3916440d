import type { AwsRequest } from '../../../tools/simulator/gateway/request';
import { Ssm } from '../../../tools/simulator/services/ssm';

function put(Value: string): unknown {
  return new Ssm().handle({
    operation: 'PutParameter',
    input: { Name: 'x', Value },
  } as unknown as AwsRequest);
}

test.each(['Use ${{ matrix.node }}', '{{ssm:other}}', '{{}}', '{{\n}}'])(
  'a parameter that seems to refer to another one is refused, as AWS does: %j',
  (value) => {
    expect(() => put(value)).toThrow('can\'t nest another parameter. Do not use "{{}}"');
  },
);

test('any other is left to the emulator', async () => {
  await expect(put('{"a":{"b":"{ {c}}"}}')).resolves.toBeUndefined();
});
