import { Faults } from '../../../tools/simulator/faults';
import { AwsError, type AwsRequest } from '../../../tools/simulator/gateway/request';
import { throttle } from '../../../tools/simulator/gateway/throttling';

function asked(phase: string | undefined, protocol: AwsRequest['protocol'] = 'json'): AwsRequest {
  const session = { phase: () => phase };
  return { service: 'ecr', operation: 'PutImage', protocol, session, headers: {} } as AwsRequest;
}

function answer(request: AwsRequest, faults: Faults): string {
  try {
    throttle(request, faults);
    return 'passed';
  } catch (error) {
    const { code, status } = error as AwsError;
    return `${status} ${code}`;
  }
}

test.each([
  ['json', '400 ThrottlingException'],
  ['query', '400 Throttling'],
  ['ec2', '503 RequestLimitExceeded'],
  ['rest-xml', '503 SlowDown'],
] as const)(
  'a throttled call by %s gets the code after which SDKs try again, and then an answer',
  (protocol, code) => {
    const faults = new Faults([{ name: 'throttled', argument: 'ecr:PutImage:1' }]);
    const call = (): string => answer(asked('BUILD', protocol), faults);

    expect([call(), call()]).toEqual([code, 'passed']);
  },
);

test('only builds are throttled, so that the pipeline can be deployed and looked at', () => {
  expect(answer(asked(undefined), new Faults([{ name: 'throttled' }]))).toBe('passed');
});

test('nothing is where it was not asked for', () => {
  expect(answer(asked('BUILD'), new Faults())).toBe('passed');
});

test('what CloudFormation calls for a build is not: it tries again by itself, and no build can help it', () => {
  const headers = { 'user-agent': 'aws-sdk-js/3.0.0 aws-internal' };
  const faults = new Faults([{ name: 'throttled', argument: 'ecr:PutImage:1' }]);

  expect(answer({ ...asked('BUILD'), headers }, faults)).toBe('passed');
  expect(answer(asked('BUILD'), faults)).toBe('400 ThrottlingException');
});
