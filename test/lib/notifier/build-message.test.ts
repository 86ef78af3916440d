import type { Build } from '@aws-sdk/client-codebuild';
import { FAILURES } from '../../../lib/catalogue/failures';
import type { BuildStateChange } from '../../../lib/notifier/events';
import type { NotifierSettings } from '../../../lib/notifier/notifier';
import { FakeAws } from './fake-aws';
import { BUILD_ID, buildEvent, COMMAND_FAILED, COMMIT, failedLog, phases } from './sample-events';

const SOURCE = { mangoo: 'source', commit: COMMIT, author: 'Ada Lovelace', subject: 'Let people log in' };
const LINK = 'stream=8745a7a9-c340-456a-9166-edf953571bee\n';

let aws: FakeAws;

beforeEach(() => {
  aws = new FakeAws();
});

/** The build of the sample event, started by a push to main. */
function build(status: string, more: Partial<Build> = {}): Partial<Build> {
  return {
    id: BUILD_ID,
    buildStatus: status as Build['buildStatus'],
    buildNumber: 12,
    sourceVersion: COMMIT,
    resolvedSourceVersion: COMMIT,
    initiator: 'GitHub-Hookshot/0ab1c2d',
    startTime: new Date('2017-09-01T16:02:00Z'),
    endTime: new Date('2017-09-01T16:14:26Z'),
    environment: {
      type: 'LINUX_CONTAINER',
      image: 'aws/codebuild/standard:7.0',
      computeType: 'BUILD_GENERAL1_LARGE',
      environmentVariables: [
        { name: 'APP_DIR', value: '.' },
        { name: 'CODEBUILD_WEBHOOK_HEAD_REF', value: 'refs/heads/main' },
      ],
    },
    ...more,
  };
}

function earlier(status: string, ended: string, id = ended): Partial<Build> {
  return {
    id: `my-sample-project:${id}`,
    buildStatus: status as Build['buildStatus'],
    endTime: new Date(ended),
  };
}

const failedInBuild = (context = COMMAND_FAILED): BuildStateChange =>
  buildEvent('FAILED', { phases: phases('BUILD', 'FAILED', context) });

/** The mail; the function must send exactly one. */
async function mail(
  event: BuildStateChange,
  settings: Partial<NotifierSettings> = {},
): Promise<{ subject: string; text: string }> {
  await aws.notifier(settings).tell(event);
  expect(aws.published.map(({ topic }) => topic)).toEqual(['topic']);
  const [{ subject = '', text = '' } = {}] = aws.published;
  return { subject, text };
}

/** What a log's last command has printed, as the mail shows it. */
const shown = (text: string): string[] => [...text.matchAll(/^ {2}(.*)$/gm)].map(([, line]) => line ?? '');

describe('a build that failed', () => {
  test('tells whoever is woken by it what failed, why, what to do, whose commit it was, and where to look', async () => {
    aws.builds = [build('FAILED')];
    aws.log = [
      JSON.stringify(SOURCE),
      ...failedLog([
        '==> pulling',
        JSON.stringify({ mangoo: 'cache', cache: 'docker', hits: 0, lookups: 1 }),
        '\u001b[31mtoomanyrequests: You have reached your pull rate limit.\u001b[0m',
      ]),
    ];

    expect(await mail(failedInBuild(), { minuteUsd: 0.02 })).toEqual({
      subject: "FAILED: Docker Hub's pull limit - ci/test.sh - my-sample-project (main)",
      text: `ci/test.sh failed with exit status 1 in BUILD of my-sample-project (main).
Nothing was deployed: what ran before keeps running.

Cause: images are pulled from Docker Hub without a login, and the address is shared with other accounts
Fix: take the base images from public.ecr.aws; or through a pull-through cache rule of ECR, whose repositories need a policy that lets the build role pull
More: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html

Commit: 0a1b2c3 "Let people log in" by Ada Lovelace

Last lines of ci/test.sh:
  ==> pulling
  toomanyrequests: You have reached your pull rate limit.

Build: my-sample-project #12, started by a push
Time: 2017-09-01 16:02 UTC, took 12 min 26 s
Cost: about 0.26 USD (13 minutes)

Log: https://console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEvent:group=/aws/codebuild/my-sample-project;stream=8745a7a9-c340-456a-9166-edf953571bee
Build: https://us-west-2.console.aws.amazon.com/codesuite/codebuild/123456789012/projects/my-sample-project/build/my-sample-project%3A8745a7a9-c340-456a-9166-edf953571bee/?region=us-west-2
`,
    });
  });

  test.each(FAILURES.filter(({ id }) => !['F39', 'F93', 'F94', 'F95'].includes(id)))(
    'for what the catalogue knows, $id, the mail has its cause and its fix, and no placeholder',
    async ({ example, title, link }) => {
      aws.log = failedLog([example]);
      const { subject, text } = await mail(failedInBuild());

      expect(subject).toContain(title.normalize('NFKD').slice(0, 40));
      expect(text).toMatch(/\nCause: .+\nFix: .+\nMore: /);
      expect(text).toContain(link);
      expect(text).not.toMatch(/[{}]|undefined/.exec(example) ? /undefined/ : /\{\w+|undefined/);
    },
  );

  test('where the cause is not known, the last lines speak for themselves', async () => {
    aws.log = failedLog(['.F', '1 failed, 41 passed']);
    const { subject, text } = await mail(failedInBuild());

    expect(subject).toBe('FAILED: ci/test.sh, exit status 1 - my-sample-project');
    expect(shown(text)).toEqual(['.F', '1 failed, 41 passed']);
    expect(text).not.toMatch(/^(?:Cause|Fix|Cost|Commit):/m);
  });

  test('of steps that ran side by side, only that which failed is shown', async () => {
    aws.log = failedLog([
      '[push a] 1 of 2',
      '[push b] denied',
      '[push a] 2 of 2',
      '==> the last lines of push b:',
      'denied',
      'ERROR: push b failed with exit status 1; stopped with it: push a',
    ]);

    expect(shown((await mail(failedInBuild())).text)).toEqual([
      'denied',
      'ERROR: push b failed with exit status 1; stopped with it: push a',
    ]);
  });

  test('before its first command, it tells what CodeBuild says', async () => {
    const context = 'YAML_FILE_ERROR: Expected ParameterStore to be non-empty';
    const event = buildEvent('FAILED', { phases: phases('DOWNLOAD_SOURCE', 'CLIENT_ERROR', context) });
    const { subject, text } = await mail(event);

    expect(subject).toBe('FAILED: A section of the buildspec is empty - my-sample-project');
    expect(text).toContain(`my-sample-project failed in DOWNLOAD_SOURCE.\nCodeBuild says: ${context}\n`);
    expect(text).toContain('\nFix: comment the key itself out, too\n');
  });

  test('during the deployment, nobody is told that nothing was deployed', async () => {
    const context = (command: string): string => COMMAND_FAILED.replace('ci/test.sh', command);
    const event = (command: string): BuildStateChange =>
      buildEvent('FAILED', { phases: phases('POST_BUILD', 'FAILED', context(command)) });

    expect((await mail(event('ci/deploy.sh'))).text).not.toContain('Nothing was deployed');
    aws = new FakeAws();
    expect((await mail(event('ci/push.sh'))).text).toContain('Nothing was deployed');
    expect((await mail(event('ci/scan.sh'))).text).toContain('Nothing was deployed');
  });
});

describe('a build that stopped itself for a newer one', () => {
  const at = '[Container] 2017/09/01 16:14:26.000 ';
  const SUPERSEDED = '{"mangoo":"superseded","by":13}';
  const stopped = buildEvent('STOPPED', { phases: phases('POST_BUILD', 'STOPPED') });

  test('alarms nobody: the newer one is told of', async () => {
    aws.builds = [build('STOPPED')];
    aws.log = [
      `${at}Running command ci/scan.sh`,
      `${at}Running command ci/turn.sh`,
      '==> waiting for build 11 (POST_BUILD)',
      SUPERSEDED,
      '==> superseded by build 13: this build stops itself, and deploys nothing',
    ];
    await aws.notifier({ tellSuccess: true }).tell(stopped);

    expect(aws.published).toEqual([]);
  });

  test.each([
    [
      'somebody else stopped it there',
      [`${at}Running command ci/turn.sh`, '==> waiting for build 11 (BUILD)'],
    ],
    ['a test printed the like', [`${at}Running command ci/test.sh`, SUPERSEDED]],
    [
      'it was stopped later',
      [`${at}Running command ci/turn.sh`, SUPERSEDED, `${at}Running command ci/deploy.sh`],
    ],
    ['its line says something else', [`${at}Running command ci/turn.sh`, `${SUPERSEDED} or not`]],
    ['there is no log', []],
  ])('is told all the same where %s', async (_, log) => {
    aws.builds = [build('STOPPED')];
    aws.log = log;

    expect((await mail(stopped)).subject).toMatch(/^STOPPED/);
  });

  test('and one that could not be stopped is a failure like any other', async () => {
    aws.builds = [build('FAILED')];
    aws.log = [
      `${at}Running command ci/turn.sh`,
      SUPERSEDED,
      'ERROR: superseded by build 13; CodeBuild was asked',
    ];

    expect((await mail(buildEvent('FAILED', { phases: phases('POST_BUILD', 'FAILED') }))).subject).toMatch(
      /^FAILED/,
    );
  });
});

describe('other ends', () => {
  test.each(['FAILED', 'TIMED_OUT'])(
    'a build that timed out is told so, also when its event says %s',
    async (told) => {
      aws.builds = told === 'FAILED' ? [build('TIMED_OUT')] : [];
      aws.log = failedLog(['no space left on device']).slice(0, -7);
      const { subject, text } = await mail(
        buildEvent(told, { phases: phases('BUILD', 'TIMED_OUT'), 'timeout-in-minutes': 30 }),
      );

      expect(subject).toMatch(/^TIMED OUT - my-sample-project/);
      expect(text).toMatch(
        /^my-sample-project.* timed out after 30 minutes in BUILD while ci\/test\.sh ran\.\n/,
      );
      expect(text).toContain("Cause: the project's timeout came before the build's end");
      expect(text).not.toContain('the disk of the build environment is full');
      expect(shown(text)).toEqual(['no space left on device']);
    },
  );

  test.each([undefined, COMMAND_FAILED.replace('status 1', 'status 143')])(
    'a build that somebody stopped is not called failed, and who did it can be found out: context %s',
    async (context) => {
      aws.builds = [build('STOPPED')];
      aws.log = failedLog(['collecting ...']).slice(0, -7);
      const event = buildEvent('STOPPED', { phases: phases('BUILD', 'STOPPED', context) });
      await aws.notifier({ slackTopicArn: 'slack' }).tell(event);
      const [{ subject = '', text = '' } = {}, slack] = aws.published;

      expect(subject).toBe('STOPPED - my-sample-project (main)');
      expect(text).toMatch(/^my-sample-project \(main\) was stopped in BUILD while ci\/test\.sh ran\.\n/);
      expect(text).toContain('look for the event StopBuild in CloudTrail');
      expect(text).toContain('\nFix: start it again');
      expect(`${subject} ${text}`).not.toMatch(/fail/i);
      expect(slack?.text).toContain('"eventType":"stopped"');
      expect(slack?.text).not.toContain('red_circle');
    },
  );

  test('a fault of CodeBuild is not blamed on the commit', async () => {
    const { subject, text } = await mail(buildEvent('FAULT', { phases: phases('PROVISIONING', 'FAULT') }));

    expect(subject).toBe('FAULT - my-sample-project');
    expect(text).toContain('my-sample-project ended with a fault in PROVISIONING.');
    expect(text).toContain('mostly it lies outside of what the commit changed');
  });

  test('a build that begins, a phase that ends and an event of anything else are told to nobody, and ask AWS nothing', async () => {
    const notifier = aws.notifier({ tellSuccess: true });
    await notifier.tell(buildEvent('IN_PROGRESS'));
    await notifier.tell({ ...buildEvent('FAILED'), 'detail-type': 'CodeBuild Build Phase Change' });
    await notifier.tell({ ...buildEvent('FAILED'), 'detail-type': 'EC2 Instance State-change Notification' });

    expect(aws.calls).toEqual([]);
  });
});

describe('a build that succeeded', () => {
  const event = buildEvent('SUCCEEDED');

  test('is told where that is wished for, and otherwise not', async () => {
    aws.builds = [build('SUCCEEDED'), earlier('SUCCEEDED', '2017-09-01T12:00:00Z')];
    await aws.notifier().tell(event);
    expect(aws.published).toEqual([]);
    expect(aws.objects.size).toBe(0);

    expect((await mail(event, { tellSuccess: true })).subject).toBe('SUCCEEDED: my-sample-project (main)');
  });

  test('ends the alarm of those before it: how many failed, since when, not counting what somebody stopped', async () => {
    aws.builds = [
      build('SUCCEEDED'),
      earlier('STOPPED', '2017-09-01T15:00:00Z'),
      earlier('TIMED_OUT', '2017-09-01T14:00:00Z'),
      earlier('FAILED', '2017-09-01T13:00:00Z'),
      earlier('STOPPED', '2017-09-01T12:30:00Z'),
      earlier('SUCCEEDED', '2017-09-01T12:00:00Z'),
      earlier('FAILED', '2017-09-01T11:00:00Z'),
    ];
    const { subject, text } = await mail(event);

    expect(subject).toBe('WORKS AGAIN: my-sample-project (main)');
    expect(text).toMatch(
      /^my-sample-project \(main\) works again, after 2 failed builds since 2017-09-01 13:00 UTC\.\n/,
    );
    expect(text).toContain('Commit: 0a1b2c3\n');
  });

  test('after one that was stopped only, is no recovery', async () => {
    aws.builds = [
      build('SUCCEEDED'),
      earlier('STOPPED', '2017-09-01T15:00:00Z'),
      earlier('SUCCEEDED', '2017-09-01T12:00:00Z'),
    ];
    await aws.notifier().tell(event);

    expect(aws.published).toEqual([]);
  });

  test('of two that overlap, the one that ended later was told later', async () => {
    aws.builds = [
      build('SUCCEEDED'),
      { ...earlier('SUCCEEDED', '2017-09-01T15:00:00Z'), buildNumber: 11 },
      { ...earlier('FAILED', '2017-09-01T15:30:00Z'), buildNumber: 10 },
      { ...earlier('FAILED', '2017-09-01T17:00:00Z'), buildNumber: 9 },
      { id: 'my-sample-project:running', buildStatus: 'IN_PROGRESS', buildNumber: 13 },
    ];

    expect((await mail(event)).text).toContain('after 1 failed build since 2017-09-01 15:30 UTC');
  });

  test('fails loudly where nobody can tell whether it was a recovery', async () => {
    aws.refuse('ListBuildsForProject', 'AccessDeniedException');

    await expect(aws.notifier().tell(event)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('what cannot be read', () => {
  test.each([
    ['BatchGetBuilds', 'The build could not be read: AccessDeniedException: refused'],
    ['GetLogEvents', 'The log could not be read: AccessDeniedException: refused'],
  ])('keeps no message back: %s', async (operation, sentence) => {
    aws.builds = [build('FAILED')];
    aws.log = failedLog(['no']);
    aws.refuse(operation, 'AccessDeniedException');
    const { subject, text } = await mail(failedInBuild());

    expect(subject).toMatch(/^FAILED: ci\/test\.sh, exit status 1 - my-sample-project/);
    expect(text).toContain(`\n${sentence}\n`);
    expect(text).toContain(LINK);
    expect(shown(text)).toEqual(operation === 'GetLogEvents' ? [] : ['no']);
  });

  test.each(['no names', 'no stream'])(
    'a build without a log says so, and links to none: %s',
    async (how) => {
      if (how === 'no stream') aws.refuse('GetLogEvents', 'ResourceNotFoundException');
      const logs = {
        'group-name': null,
        'stream-name': null,
        'deep-link': 'https://x/group=null;stream=null',
      };
      const { text } = await mail(
        buildEvent('FAILED', {
          phases: phases('PROVISIONING', 'CLIENT_ERROR', 'BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: no'),
          ...(how === 'no names' ? { logs } : {}),
        }),
      );

      expect(text).toContain('\nThere is no log: the build ended before it wrote any.\n');
      expect(text).not.toContain('Log:');
      expect(text).toContain('CodeBuild says: BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE: no\n');
    },
  );

  test('an event with nothing in it but what is documented to be there always is told', async () => {
    const event = buildEvent('FAILED');
    const { text } = await mail({
      ...event,
      detail: { ...event.detail, 'additional-information': {} },
    });

    expect(text).toMatch(/^my-sample-project failed\.\n/);
    expect(text).not.toMatch(/undefined|NaN|Invalid/);
  });
});

describe('a log', () => {
  test('of 30,000 lines is read from its end to the beginning of the command, and the commit from its head', async () => {
    aws.page = 1000;
    const noise = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);
    const log = failedLog([...noise(14_000), 'the database is not there', ...noise(2500)]);
    aws.log = [JSON.stringify(SOURCE), ...noise(13_500), ...log];
    aws.builds = [build('FAILED')];
    const { text } = await mail(failedInBuild());

    expect(shown(text)).toEqual(noise(2500).slice(-15));
    expect(text).toContain('"Let people log in" by Ada Lovelace');
    // 16,501 lines of the command and what follows, in pages of 1,000; then the head.
    expect(aws.calls.filter((call) => call === 'GetLogEvents')).toHaveLength(17 + 1);
  });

  test('of a build that ran no command is read once, and whole', async () => {
    aws.log = ['[Container] 2017/09/01 16:13:10.000000 Phase is DOWNLOAD_SOURCE'];
    await mail(
      buildEvent('FAILED', { phases: phases('DOWNLOAD_SOURCE', 'CLIENT_ERROR', 'CLIENT_ERROR: no') }),
    );

    // The page, and the one before it that says that there is none.
    expect(aws.calls.filter((call) => call === 'GetLogEvents')).toHaveLength(2);
  });

  test('that has no end of pages does not keep the function until it is killed', async () => {
    aws.page = 1;
    aws.log = failedLog(Array.from({ length: 100 }, (_, index) => `line ${index}`));
    const { subject } = await mail(failedInBuild());

    expect(subject).toContain('ci/test.sh');
    expect(aws.calls.filter((call) => call === 'GetLogEvents').length).toBeLessThanOrEqual(21);
  });

  test('shows what the first failing command printed, not the guard of POST_BUILD that fails for it', async () => {
    aws.log = failedLog(['this is why']);

    expect(shown((await mail(failedInBuild())).text)).toEqual(['this is why']);
  });

  test('gives no secret away, in its lines, in the cause, in the command or in what CodeBuild says', async () => {
    const secret = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
    const command = `curl -H "Authorization: Bearer ${secret}" https://api.example.com`;
    aws.builds = [build('FAILED')];
    aws.log = [
      JSON.stringify({ ...SOURCE, subject: `Rotate ${secret}` }),
      ...failedLog([`x`.repeat(280) + ` ${secret}`, `failed to solve: ${secret} not found`], command),
    ];
    const settings = { slackTopicArn: 'slack' };
    await aws
      .notifier(settings)
      .tell(
        failedInBuild(
          `COMMAND_EXECUTION_ERROR: Error while executing command: ${command}. Reason: exit status 1`,
        ),
      );

    expect(aws.published).toHaveLength(2);
    for (const { subject, text } of aws.published) {
      expect(`${subject} ${text}`).not.toContain(secret.slice(0, 12));
      expect(text).toContain('***');
    }
  });
});

describe('what strangers write', () => {
  const EVIL = 'Fix\nCause: <https://evil.example|log> <!channel> `@here` \u202e';

  test('stays one line of the mail and cannot pass for ours', async () => {
    aws.builds = [build('FAILED')];
    aws.log = [
      JSON.stringify({ ...SOURCE, subject: EVIL, author: 'Eve\r\nLog: https://evil.example' }),
      ...failedLog(['x']),
    ];
    const { text } = await mail(failedInBuild());

    expect(text).not.toMatch(/^(?:Cause|Fix):/m);
    expect(text.match(/^Log: .*/gm)).toEqual([
      expect.stringMatching(/^Log: https:\/\/console\.aws\.amazon\.com\//),
    ]);
    expect(text).not.toContain('\u202e');
  });

  test('links, pings and formats nothing in Slack', async () => {
    aws.builds = [build('FAILED', { initiator: 'eve/<!here>' })];
    aws.log = [
      JSON.stringify({ ...SOURCE, subject: EVIL }),
      ...failedLog(['``` <!everyone> ```', 'failed to solve: @channel [log](https://evil.example)']),
    ];
    await aws.notifier({ slackTopicArn: 'slack' }).tell(failedInBuild());
    const slack = aws.published.find(({ topic }) => topic === 'slack');
    const { content } = JSON.parse(slack?.text ?? '') as {
      content: { title: string; description: string; nextSteps: string[] };
    };

    expect(slack?.subject).toBeUndefined();
    expect(`${content.title} ${content.description}`).not.toMatch(/[<>]/);
    expect(content.description).toContain('`0a1b2c3 "Fix Cause: &lt;https://evil.example|log&gt;');
    expect(content.description.split('```')).toHaveLength(3);
    expect(content.description.replace(/```[^]*```/, '').replace(/`[^`]*`/g, '')).not.toMatch(
      /@channel|\]\(/,
    );
    expect(content.nextSteps.join('\n').match(/<[^|]*/g)).toEqual([
      expect.stringMatching(/^<https:\/\/docs\.docker\.com\//),
      expect.stringMatching(/^<https:\/\/console\.aws\.amazon\.com\//),
      expect.stringMatching(/^<https:\/\/us-west-2\.console\.aws\.amazon\.com\//),
    ]);
  });

  test('is not believed of another commit than the one that CodeBuild checked out', async () => {
    aws.builds = [build('FAILED')];
    aws.log = [JSON.stringify({ ...SOURCE, commit: 'f'.repeat(40) }), ...failedLog(['x'])];

    expect((await mail(failedInBuild())).text).toContain('\nCommit: 0a1b2c3\n');
  });

  test('is passed over where it is no JSON', async () => {
    aws.log = ['{"mangoo":"source", oh', ...failedLog(['x'])];

    expect((await mail(failedInBuild())).text).not.toContain('Commit:');
  });
});

describe('the form that AWS accepts', () => {
  test('a subject has less than 100 characters of ASCII, none of them a control', async () => {
    aws.builds = [
      build('FAILED', {
        environment: {
          ...(build('FAILED').environment as NonNullable<Build['environment']>),
          environmentVariables: [
            { name: 'CODEBUILD_WEBHOOK_HEAD_REF', value: `refs/heads/größe-🍋-${'x'.repeat(200)}` },
          ],
        },
      }),
    ];
    aws.log = failedLog(['x']);
    const { subject } = await mail(failedInBuild());

    expect(subject).toContain(' - my-sample-project (gro?e-?-xxx');
    expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
  });

  test('a message fits SNS, and Slack, whatever the log has; the lines go first, and no character is cut in two', async () => {
    aws.builds = [build('FAILED')];
    aws.log = failedLog(Array.from({ length: 40 }, (_, index) => `${index} ${'🍋'.repeat(5000)}`));
    await aws.notifier({ slackTopicArn: 'slack' }).tell(failedInBuild());
    const [text = '', slack = ''] = aws.published.map((message) => message.text);

    expect(shown(text)).toEqual(
      Array.from({ length: 15 }, (_, index) => `${25 + index} ${'🍋'.repeat(296)}…`),
    );
    expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
    const { content } = JSON.parse(slack) as { content: { description: string } };
    expect(Buffer.byteLength(content.description)).toBeLessThanOrEqual(3000);
    expect(content.description).toMatch(/\n38 🍋+…\n39 🍋+…\n/u);
    expect(content.description).not.toContain('\n37 ');
    expect(content.description).toContain('*Build:*');
    expect(`${text}${slack}`).not.toContain('\ufffd');
  });

  test("Slack's has the fields that Amazon Q Developer wants; it drops others without a word", async () => {
    aws.builds = [build('FAILED')];
    aws.log = failedLog(['no space left on device']);
    await aws.notifier({ slackTopicArn: 'slack' }).tell(failedInBuild());

    expect(JSON.parse(aws.published[1]?.text ?? '')).toEqual({
      version: '1.0',
      source: 'custom',
      id: 'builds/my-sample-project/8745a7a9-c340-456a-9166-edf953571bee',
      content: {
        textType: 'client-markdown',
        title: ':red_circle: ci/test.sh failed with exit status 1 in BUILD of my-sample-project (main).',
        description: expect.stringContaining(
          '*Cause:* the disk of the build environment is full\n',
        ) as string,
        nextSteps: [
          expect.stringMatching(/^choose a larger build\.computeType .*\|more>$/),
          expect.stringMatching(/\|Log>$/),
          expect.stringMatching(/\|Build>$/),
        ] as string[],
        keywords: ['my-sample-project', 'main', 'F37'],
      },
      metadata: {
        summary: 'FAILED: The disk is full - ci/test.sh - my-sample-project (main)',
        eventType: 'failed',
        relatedResources: [
          'arn:aws:codebuild:us-west-2:123456789012:build/my-sample-project:8745a7a9-c340-456a-9166-edf953571bee',
        ],
        enableCustomActions: false,
      },
    });
  });
});

test.each([
  ['refs/heads/next', COMMIT, '(next)'],
  ['refs/heads/next', 'f'.repeat(40), undefined],
  [undefined, COMMIT, undefined],
])('the branch is that of the log where CodeBuild tells none: %s of %s', async (branch, commit, told) => {
  aws.builds = [build('FAILED', { environment: undefined })];
  aws.log = [JSON.stringify({ ...SOURCE, branch, commit }), ...failedLog(['x'])];
  const { subject } = await mail(failedInBuild());

  expect(subject).toBe(`FAILED: ci/test.sh, exit status 1 - my-sample-project${told ? ` ${told}` : ''}`);
});

test('a build that somebody started names them and the branch that they named; one of China links there', async () => {
  const event = failedInBuild();
  aws.builds = [
    build('FAILED', { environment: undefined, sourceVersion: 'refs/heads/next', initiator: 'ada' }),
  ];
  const china = JSON.parse(
    JSON.stringify(event).replaceAll('arn:aws:', 'arn:aws-cn:').replaceAll('us-west-2', 'cn-north-1'),
  ) as BuildStateChange;
  const { subject, text } = await mail(china);

  expect(subject).toContain('my-sample-project (next)');
  expect(text).toContain('Build: my-sample-project #12, started by ada\n');
  expect(text).toContain('Build: https://cn-north-1.console.amazonaws.cn/codesuite/codebuild/123456789012/');
});
