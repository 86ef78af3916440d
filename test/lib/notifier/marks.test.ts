import { buildEvent, COMMAND_FAILED, failedLog, phases } from './sample-events';
import { FakeAws } from './fake-aws';

const event = buildEvent('FAILED', { phases: phases('BUILD', 'FAILED', COMMAND_FAILED) });
const SECOND = 1000;
let aws: FakeAws;

beforeEach(() => {
  aws = new FakeAws();
  aws.log = failedLog(['no']);
});

test('an event that comes twice is told once, so that nobody thinks that two builds failed', async () => {
  const notifier = aws.notifier();
  await notifier.tell(event);
  aws.now += 3600 * SECOND;
  await notifier.tell({ ...event, id: 'another' });

  expect(aws.published).toHaveLength(1);
  expect(aws.calls.filter((call) => call === 'Publish')).toHaveLength(1);
  expect([...aws.objects].map(([key, { body }]) => `${key} ${body}`)).toEqual([
    'notifications/builds/my-sample-project/8745a7a9-c340-456a-9166-edf953571bee/text sent',
  ]);
});

test('two functions that get it at the same time tell it once', async () => {
  await Promise.all([aws.notifier().tell(event), aws.notifier().tell(event)]);

  expect(aws.published).toHaveLength(1);
});

test('what was claimed but not sent is sent by the retry, a minute later, so that a crash silences nothing', async () => {
  // From the claim on, nothing gets through any more.
  const put = aws.objects.set.bind(aws.objects);
  jest.spyOn(aws.objects, 'set').mockImplementation((key, value) => {
    aws.refuse('Publish', 'InternalErrorException');
    aws.refuse('PutObject', 'InternalErrorException');
    return put(key, value);
  });
  await expect(aws.notifier().tell(event)).rejects.toMatchObject({ name: 'InternalErrorException' });
  jest.restoreAllMocks();
  aws.errors.clear();

  aws.now += 29 * SECOND;
  await aws.notifier().tell(event);
  expect(aws.published).toEqual([]);

  aws.now += 31 * SECOND;
  await Promise.all([aws.notifier().tell(event), aws.notifier().tell(event)]);
  expect(aws.published).toHaveLength(1);
});

test('what SNS has refused is sent by whoever tries next, however soon, and once', async () => {
  aws.refuse('Publish', 'ThrottledException');
  await expect(aws.notifier().tell(event)).rejects.toMatchObject({ name: 'ThrottledException' });
  await expect(aws.notifier().tell(event)).rejects.toMatchObject({ name: 'ThrottledException' });
  aws.errors.clear();

  await Promise.all([aws.notifier().tell(event), aws.notifier().tell(event)]);
  expect(aws.published).toHaveLength(1);
});

test('the mail is not sent anew when only Slack could not be reached', async () => {
  const notifier = aws.notifier({ slackTopicArn: 'slack' });
  const put = aws.objects.set.bind(aws.objects);
  // The second claim is that of Slack.
  jest.spyOn(aws.objects, 'set').mockImplementation((key, value) => {
    if (key.endsWith('/slack')) aws.refuse('Publish', 'NotFoundException');
    return put(key, value);
  });
  await expect(notifier.tell(event)).rejects.toMatchObject({ name: 'NotFoundException' });
  jest.restoreAllMocks();
  aws.errors.clear();
  aws.now += 60 * SECOND;
  await notifier.tell(event);

  expect(aws.published.map(({ topic }) => topic)).toEqual(['topic', 'slack']);
});

test.each(['PutObject', 'Publish'])(
  'where %s is refused, the function fails, so that Lambda tries again and the dead letters tell',
  async (operation) => {
    aws.refuse(operation, 'AccessDenied');

    await expect(aws.notifier().tell(event)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(aws.published).toEqual([]);
  },
);
