import { messageText } from '../../../tools/simulator/report/message-text';

test('a message for Slack is read as the channel shows it, not as the JSON that it travels as', () => {
  const message = {
    version: '1.0',
    source: 'custom',
    content: {
      title: ':red_circle: failed',
      description: 'why\nwhere',
      nextSteps: ['mend it', 'push again'],
    },
  };

  expect(messageText(JSON.stringify(message))).toBe(
    ':red_circle: failed\nwhy\nwhere\n- mend it\n- push again',
  );
});

test.each([
  'Phase: BUILD\n  exit status 1\n',
  '{"version":"1.0","source":"other"}',
  '{ broken',
  'null',
  '{}',
])('any other message is told as it is: %j', (text) => {
  expect(messageText(text)).toBe(text.trimEnd());
});
