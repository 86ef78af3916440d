import { Sessions } from '../../../tools/simulator/gateway/sessions';

test('a restart gives no session more than it had: its policies, tags and chain still limit it', () => {
  const sessions = new Sessions();
  const parent = sessions.issue({ arn: 'arn:aws:iam::123456789012:user/administrator' });
  const limited = sessions.issue({
    arn: 'arn:aws:sts::123456789012:assumed-role/deploy/s',
    roleArn: 'arn:aws:iam::123456789012:role/deploy',
    parent,
    phase: () => 'BUILD',
    policies: [{ Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }] }],
    tags: { team: 'web' },
    transitiveTags: ['team'],
    sourceIdentity: 'ada',
  });

  const restored = new Sessions();
  restored.restore(JSON.parse(JSON.stringify(sessions.save())) as ReturnType<Sessions['save']>);

  const { phase, ...found } = restored.find(limited.credentials.accessKeyId) ?? {};
  expect(found).toMatchObject({
    policies: limited.policies,
    tags: limited.tags,
    transitiveTags: ['team'],
    sourceIdentity: 'ada',
    parent: { arn: parent.arn },
  });
  expect(phase?.()).toBe('BUILD');
});

test('who ends a session ends those that it assumed, and no others', () => {
  const sessions = new Sessions();
  const [parent, other] = ['a', 'b'].map((arn) => sessions.issue({ arn }));
  const child = sessions.issue({ arn: 'c', parent });
  if (parent) sessions.revoke(parent);
  const known = [parent, child, other].map((one) => sessions.find(one?.credentials.accessKeyId ?? ''));
  expect(known).toEqual([undefined, undefined, other]);
});
