import mangoo from '../../config/mangoo';
import type { NotificationsConfig } from '../../lib/config';
import { namesOf } from '../../lib/names';
import { all, isAllowed, type PolicyDocument, surprises } from './decision';
import { matches } from '../../tools/simulator/events/event-pattern';
import { HERE, resolved, type TemplateJson } from './resolved';
import { OFF, ON, only, type Synthesized, synthesize } from './synthesized';

const { account: ACCOUNT } = HERE;
const NAMES = namesOf('default');
const BUCKET = `arn:aws:s3:::mangoo-artifacts-${ACCOUNT}`;

let quiet: Synthesized;
let full: Synthesized;

beforeAll(() => {
  quiet = told({});
  full = synthesize({ config: ON });
});

/** The pipeline with notifications and nothing else. */
function told(notifications: NotificationsConfig): Synthesized {
  return synthesize({ config: { ...OFF, notifications } });
}

/** The only resource of its type, as CloudFormation sees it. */
function properties<T>({ template }: Synthesized, type: string, having?: Record<string, unknown>): T {
  return resolved(template.toJSON() as TemplateJson, only(template, type, having).Properties) as T;
}

function regional(service: string, resource: string, account = ACCOUNT): string {
  return `arn:aws:${service}:us-east-1:${account}:${resource}`;
}

const TOPIC = regional('sns', NAMES.topic);
const SLACK_TOPIC = regional('sns', NAMES.slackTopic);
const DEAD_LETTERS = regional('sqs', NAMES.deadLetters);
const FUNCTION = regional('lambda', `function:${NAMES.notifier}`);

describe('who is told', () => {
  test('nobody whom the configuration does not name: people subscribe by hand, to a topic with a name to type', () => {
    quiet.template.resourceCountIs('AWS::SNS::Subscription', 0);
    expect(properties(quiet, 'AWS::SNS::Topic')).toMatchObject({
      TopicName: 'mangoo-build-deploy-notifications',
    });
  });

  // Another id is another topic, and whoever has subscribed by hand would hear no more.
  test('still those who subscribed by hand after a refactoring: the topic keeps its logical id', () => {
    expect(only(quiet.template, 'AWS::SNS::Topic').id).toBe('NotificationsTopicAE679CBD');
  });

  test('each address and endpoint of the configuration, and no other', () => {
    const subscriptions = Object.values(full.template.findResources('AWS::SNS::Subscription'));

    expect(
      subscriptions.map(({ Properties }) => resolved(full.template.toJSON() as TemplateJson, Properties)),
    ).toEqual([
      { TopicArn: TOPIC, Protocol: 'email', Endpoint: 'team@example.com' },
      { TopicArn: TOPIC, Protocol: 'https', Endpoint: 'https://hooks.example.com/builds' },
    ]);
  });

  test('a Slack channel by a topic of its own, because it cannot read what people read', () => {
    expect(properties(full, 'AWS::Chatbot::SlackChannelConfiguration')).toMatchObject({
      ConfigurationName: 'mangoo-build-deploy-slack',
      SlackWorkspaceId: 'T0123ABCD',
      SlackChannelId: 'C0123ABCD',
      SnsTopicArns: [SLACK_TOPIC],
    });
  });

  // Without a guardrail, AWS puts AdministratorAccess there.
  test('whoever is in the Slack channel can read, and do nothing in the account, even if somebody widens the role', () => {
    const { IamRoleArn, GuardrailPolicies } = properties<Record<string, unknown>>(
      full,
      'AWS::Chatbot::SlackChannelConfiguration',
    );
    const role = only(full.template, 'AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'chatbot.amazonaws.com' } }] },
    });

    expect(GuardrailPolicies).toEqual(['arn:aws:iam::aws:policy/AWSDenyAll']);
    expect(IamRoleArn).toBe(
      resolved(full.template.toJSON() as TemplateJson, { 'Fn::GetAtt': [role.id, 'Arn'] }),
    );
    expect(role.Properties).not.toHaveProperty('Policies');
    expect(role.Properties).not.toHaveProperty('ManagedPolicyArns');
  });
});

describe('who may tell', () => {
  interface TopicPolicy {
    readonly Topics: readonly string[];
    readonly PolicyDocument: PolicyDocument;
  }

  function topicPolicies({ template }: Synthesized): TopicPolicy[] {
    return Object.values(template.findResources('AWS::SNS::TopicPolicy')).map(
      ({ Properties }) => resolved(template.toJSON() as TemplateJson, Properties) as TopicPolicy,
    );
  }

  const TLS = (topic: string): object => ({
    Sid: 'AllowPublishThroughSSLOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sns:Publish',
    Resource: topic,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });

  test('without alarms, only whom the account itself allows, and nobody without TLS', () => {
    expect(topicPolicies(quiet)).toEqual([
      { Topics: [TOPIC], PolicyDocument: { Version: '2012-10-17', Statement: [TLS(TOPIC)] } },
    ]);
  });

  test('with alarms, CloudWatch too, for alarms of this account alone', () => {
    const alarms = (topic: string): object => ({
      Sid: expect.any(String) as unknown,
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: topic,
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    });

    expect(topicPolicies(full)).toEqual(
      [TOPIC, SLACK_TOPIC].map((topic) => ({
        Topics: [topic],
        PolicyDocument: { Version: '2012-10-17', Statement: [TLS(topic), alarms(topic)] },
      })),
    );
  });
});

describe('what the function may do', () => {
  interface Role {
    readonly AssumeRolePolicyDocument: unknown;
    readonly Policies: readonly { readonly PolicyDocument: PolicyDocument }[];
  }

  function role(synthesized: Synthesized): Role {
    return properties(synthesized, 'AWS::IAM::Role', {
      AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'lambda.amazonaws.com' } }] },
    });
  }

  function statements(synthesized: Synthesized): object[] {
    return role(synthesized).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  }

  const allow = (Action: string | string[], Resource: string | string[]): object => ({
    Effect: 'Allow',
    Action,
    Resource,
  });
  const common = [
    allow('logs:GetLogEvents', regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:*')),
    allow(
      ['codebuild:BatchGetBuilds', 'codebuild:ListBuildsForProject'],
      regional('codebuild', 'project/mangoo-build-deploy'),
    ),
    allow(['s3:GetObject', 's3:PutObject'], `${BUCKET}/notifications/*`),
    allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      regional('logs', 'log-group:/aws/lambda/mangoo-build-deploy-notifier:log-stream:*'),
    ),
    allow('sqs:SendMessage', DEAD_LETTERS),
  ];

  test('exactly this: read the build and its log, tell, mark what was told, log, put aside what failed', () => {
    expect(new Set(statements(quiet))).toEqual(new Set([...common, allow('sns:Publish', TOPIC)]));
  });

  test('with Slack, tell there, too, and nothing more', () => {
    expect(new Set(statements(full))).toEqual(
      new Set([...common, allow('sns:Publish', [SLACK_TOPIC, TOPIC])]),
    );
  });

  test('nothing is attached to its role from outside, and only Lambda may take it', () => {
    full.template.resourceCountIs('AWS::IAM::Policy', 0);
    expect(role(full)).not.toHaveProperty('ManagedPolicyArns');
    expect(role(full).AssumeRolePolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ],
    });
    expect(properties(full, 'AWS::Lambda::Function')).toMatchObject({
      Role: expect.stringMatching(/:role\/.*NotificationsRole/) as unknown,
    });
  });

  test('what a log could talk it into stays small: no artifact, no other build or log, no change, no secret', async () => {
    const policies = role(full).Policies.map(({ PolicyDocument }) => PolicyDocument);

    expect(
      await surprises('denied', policies, [
        ...all(['s3:GetObject', 's3:PutObject'], `${BUCKET}/builds/0a1b/cdk-outputs.json`, `${BUCKET}/x`),
        ...all(['s3:DeleteObject'], `${BUCKET}/notifications/0a1b`),
        ...all(['s3:ListBucket'], BUCKET),
        ...all(['codebuild:BatchGetBuilds'], regional('codebuild', 'project/other')),
        ...all(
          ['codebuild:RetryBuild', 'codebuild:StartBuild', 'codebuild:StopBuild'],
          regional('codebuild', 'project/mangoo-build-deploy'),
        ),
        ...all(['logs:GetLogEvents'], regional('logs', 'log-group:/aws/codebuild/other:log-stream:1')),
        ...all(['logs:PutLogEvents'], regional('logs', 'log-group:/aws/codebuild/mangoo:log-stream:1')),
        ...all(['sns:Publish'], regional('sns', 'other'), regional('sns', NAMES.topic, '444455556666')),
        ...all(['sns:Subscribe'], TOPIC),
        ...all(['sqs:ReceiveMessage'], DEAD_LETTERS),
        ...all(['secretsmanager:GetSecretValue'], regional('secretsmanager', 'secret:mangoo/x-AbCdEf')),
      ]),
    ).toEqual([]);
  });

  test('a mark is written where marks are: the bucket forgets them with the artifacts', async () => {
    const { LifecycleConfiguration } = properties<{
      LifecycleConfiguration: { Rules: { ExpirationInDays?: number; Prefix?: string; Filter?: object }[] };
    }>(quiet, 'AWS::S3::Bucket');
    const [expiring] = LifecycleConfiguration.Rules.filter((rule) => rule.ExpirationInDays === 30);

    expect(expiring).toBeDefined();
    expect(expiring).not.toHaveProperty('Prefix');
    expect(expiring).not.toHaveProperty('Filter');
    expect(
      await isAllowed(
        role(quiet).Policies.map(({ PolicyDocument }) => PolicyDocument),
        { action: 's3:PutObject', on: `${BUCKET}/notifications/0a1b` },
      ),
    ).toBe(true);
  });
});

describe('the function', () => {
  interface Function {
    readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  }

  test('runs on the newest Node that Lambda has, for half a minute at most, and logs where logs are forgotten', () => {
    expect(properties(quiet, 'AWS::Lambda::Function')).toMatchObject({
      FunctionName: 'mangoo-build-deploy-notifier',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'handler.handler',
      Timeout: 30,
      LoggingConfig: { LogGroup: '/aws/lambda/mangoo-build-deploy-notifier' },
    });
    expect(
      only(quiet.template, 'AWS::Logs::LogGroup', {
        LogGroupName: '/aws/lambda/mangoo-build-deploy-notifier',
      }).Properties,
    ).toMatchObject({ RetentionInDays: 30 });
  });

  test('is never short of its turn because of a limit of its own, and takes no turn from others', () => {
    expect(properties(quiet, 'AWS::Lambda::Function')).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('knows the topic and its bucket, and what it is not told it does not do', () => {
    expect(properties<Function>(quiet, 'AWS::Lambda::Function').Environment.Variables).toEqual({
      TOPIC_ARN: TOPIC,
      MARKS_BUCKET: `mangoo-artifacts-${ACCOUNT}`,
    });
  });

  test('knows Slack, the wish to hear of success, and the price of a minute, where there are such', () => {
    const placed = synthesize({ config: ON, env: { account: ACCOUNT, region: 'us-east-1' } });

    expect(properties<Function>(placed, 'AWS::Lambda::Function').Environment.Variables).toEqual({
      TOPIC_ARN: TOPIC,
      SLACK_TOPIC_ARN: SLACK_TOPIC,
      MARKS_BUCKET: `mangoo-artifacts-${ACCOUNT}`,
      TELL_SUCCESS: '1',
      MINUTE_USD: '0.02',
    });
  });

  test('is the same code each time, so that a deployment without a change changes nothing', () => {
    const { S3Key } = properties<{ Code: { S3Key: string } }>(quiet, 'AWS::Lambda::Function').Code;

    expect(S3Key).toMatch(/^[\da-f]{64}\.zip$/);
    expect(properties<{ Code: object }>(told({}), 'AWS::Lambda::Function').Code).toMatchObject({ S3Key });
  });
});

describe('what could not be told', () => {
  test('is kept for two weeks, encrypted, in a queue that nobody reaches without TLS', () => {
    expect(properties(quiet, 'AWS::SQS::Queue')).toMatchObject({
      QueueName: 'mangoo-build-deploy-dead-letters',
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
    });
    expect(queuePolicy()[0]).toEqual({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Resource: DEAD_LETTERS,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  test('is an event that EventBridge cannot deliver: every rule may put its own there, and nobody else', () => {
    const [, ...others] = queuePolicy();

    expect(others.map((statement) => statement.Condition)).toEqual(
      rules(quiet).map(({ arn }) => ({ ArnEquals: { 'aws:SourceArn': arn } })),
    );
    for (const { Effect, Action, Principal, Resource } of others) {
      expect({ Effect, Action, Principal, Resource }).toEqual({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Resource: DEAD_LETTERS,
      });
    }
    for (const { Targets } of rules(quiet)) {
      expect(Targets).toMatchObject([{ Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD_LETTERS } }]);
    }
  });

  test('is a message that the function could not send in three attempts', () => {
    expect(properties(quiet, 'AWS::Lambda::EventInvokeConfig')).toMatchObject({
      FunctionName: 'mangoo-build-deploy-notifier',
      MaximumRetryAttempts: 2,
    });
    expect(properties(quiet, 'AWS::Lambda::Function')).toMatchObject({
      DeadLetterConfig: { TargetArn: DEAD_LETTERS },
    });
  });

  function queuePolicy(): Record<string, unknown>[] {
    const { PolicyDocument } = properties<{ PolicyDocument: { Statement: Record<string, unknown>[] } }>(
      quiet,
      'AWS::SQS::QueuePolicy',
    );
    return PolicyDocument.Statement;
  }
});

interface Rule {
  readonly arn: string;
  readonly Description: string;
  readonly State: string;
  readonly EventPattern: object;
  readonly Targets: readonly object[];
}

function rules({ template }: Synthesized): Rule[] {
  const json = template.toJSON() as TemplateJson;
  return Object.entries(template.findResources('AWS::Events::Rule')).map(([id, { Properties }]) => ({
    ...(resolved(json, Properties) as Omit<Rule, 'arn'>),
    arn: resolved(json, { 'Fn::GetAtt': [id, 'Arn'] }) as string,
  }));
}

describe('what reaches the function', () => {
  /** Descriptions of the rules that an event matches. */
  function matching(event: object): string[] {
    return rules(quiet)
      .filter(({ EventPattern, State }) => State === 'ENABLED' && matches(EventPattern, event))
      .map(({ Description }) => Description);
  }

  // https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
  function build(status: string, project = 'mangoo-build-deploy'): object {
    return {
      source: 'aws.codebuild',
      'detail-type': 'CodeBuild Build State Change',
      detail: {
        'build-status': status,
        'project-name': project,
        'build-id': regional('codebuild', `build/${project}:8745a7a9-c340-456a-9166-edf953571bEX`),
        'current-phase': 'COMPLETED',
        version: '1',
      },
    };
  }

  const LOST = 'Builds of mangoo-build-deploy that ended without success';
  const WON = 'Builds of mangoo-build-deploy that succeeded: the first after a failure is told';

  test.each(['FAILED', 'STOPPED', 'TIMED_OUT', 'FAULT'])('a build that ends as %s', (status) => {
    expect(matching(build(status))).toEqual([LOST]);
  });

  test('a build that succeeds, because it may be the first after a failure', () => {
    expect(matching(build('SUCCEEDED'))).toEqual([WON]);
  });

  test('not a build that begins', () => {
    expect(matching(build('IN_PROGRESS'))).toEqual([]);
  });

  test.each(['mangoo-build-deploy-2', 'mangoo-build', 'other'])(
    'not a build of the project %s, whoever it belongs to',
    (project) => {
      expect(
        ['FAILED', 'STOPPED', 'SUCCEEDED'].flatMap((status) => matching(build(status, project))),
      ).toEqual([]);
    },
  );

  test('not a phase of a build, which ends with the build', () => {
    expect(
      matching({
        source: 'aws.codebuild',
        'detail-type': 'CodeBuild Build Phase Change',
        detail: {
          'completed-phase': 'BUILD',
          'completed-phase-status': 'FAILED',
          'project-name': 'mangoo-build-deploy',
        },
      }),
    ).toEqual([]);
  });

  const BASIC = 'Basic scans that found something severe in the images of mangoo-build-deploy';
  const INSPECTOR =
    "Inspector's first scans that found something severe in the images of mangoo-build-deploy";
  const FINDING =
    'Severe vulnerabilities that Inspector finds in the images of mangoo-build-deploy, also long after the push';

  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
  function basic(counts: object, repository = 'mangoo-backend', status = 'COMPLETE'): object {
    return {
      source: 'aws.ecr',
      'detail-type': 'ECR Image Scan',
      detail: {
        'scan-status': status,
        'repository-name': repository,
        'finding-severity-counts': counts,
        'image-digest': `sha256:${'7f'.repeat(32)}`,
        'image-tags': [],
      },
    };
  }

  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html
  function inspected(counts: object, repository = regional('ecr', 'repository/mangoo-frontend')): object {
    return {
      source: 'aws.inspector2',
      'detail-type': 'Inspector2 Scan',
      detail: {
        'scan-status': 'INITIAL_SCAN_COMPLETE',
        'repository-name': repository,
        'finding-severity-counts': counts,
        'image-digest': `sha256:${'98'.repeat(32)}`,
        'image-tags': ['latest'],
      },
    };
  }

  test.each([
    [{ CRITICAL: 10, MEDIUM: 9 }, true],
    [{ HIGH: 1 }, true],
    [{ CRITICAL: 1, HIGH: 2, LOW: 3 }, true],
    [{ CRITICAL: 0, HIGH: 0 }, false],
    [{ MEDIUM: 9, LOW: 100, UNDEFINED: 1, TOTAL: 110 }, false],
    [{}, false],
  ])('scans that found %j: %s, whichever service scanned', (counts, told) => {
    expect(matching(basic(counts))).toEqual(told ? [BASIC] : []);
    expect(matching(inspected(counts))).toEqual(told ? [INSPECTOR] : []);
  });

  test('the rules of twenty images with long names are such as EventBridge takes', () => {
    const images = Array.from({ length: 20 }, (_, i) => ({
      ...mangoo.images[0]!,
      name: `i${i}`,
      context: `i${i}`,
      repository: `${'x'.repeat(47)}-${i + 10}`,
      service: `s${i}`,
    }));
    const { template } = synthesize({ config: { images } });
    const json = template.toJSON() as TemplateJson;

    for (const { Properties } of Object.values(template.findResources('AWS::Events::Rule'))) {
      const { EventPattern = {} } = Properties as { EventPattern?: object };
      expect(JSON.stringify(resolved(json, EventPattern, HERE)).length).toBeLessThanOrEqual(2048);
    }
  });

  test('not a scan of an image of somebody else, or one that did not come to an end', () => {
    expect(matching(basic({ CRITICAL: 1 }, 'other'))).toEqual([]);
    expect(matching(basic({ CRITICAL: 1 }, 'mangoo-backend', 'FAILED'))).toEqual([]);
    expect(matching(inspected({ CRITICAL: 1 }, regional('ecr', 'repository/other')))).toEqual([]);
    expect(
      matching(inspected({ CRITICAL: 1 }, regional('ecr', 'repository/mangoo-backend', '444455556666'))),
    ).toEqual([]);
  });

  function finding({
    severity = 'HIGH',
    status = 'ACTIVE',
    repository = 'mangoo-backend',
    type = 'AWS_ECR_CONTAINER_IMAGE',
  }): object {
    return {
      source: 'aws.inspector2',
      'detail-type': 'Inspector2 Finding',
      detail: {
        severity,
        status,
        type: 'PACKAGE_VULNERABILITY',
        resources: [
          {
            type,
            id: `${regional('ecr', `repository/${repository}`)}/sha256:${'98'.repeat(32)}`,
            details: { awsEcrContainerImage: { repositoryName: repository, imageTags: ['latest'] } },
          },
        ],
      },
    };
  }

  test.each([
    [{ severity: 'CRITICAL' }, true],
    [{ severity: 'HIGH', repository: 'mangoo-frontend' }, true],
    [{ severity: 'MEDIUM' }, false],
    [{ severity: 'UNTRIAGED' }, false],
    [{ status: 'CLOSED' }, false],
    [{ status: 'SUPPRESSED' }, false],
    [{ repository: 'other' }, false],
    [{ type: 'AWS_EC2_INSTANCE' }, false],
  ])('a finding of Inspector with %j: %s', (parts, told) => {
    expect(matching(finding(parts))).toEqual(told ? [FINDING] : []);
  });

  test('by no other way: each rule may invoke the function for itself, and nobody else may', () => {
    const permissions = Object.values(full.template.findResources('AWS::Lambda::Permission')).map(
      ({ Properties }) => resolved(full.template.toJSON() as TemplateJson, Properties),
    );

    expect(permissions).toEqual(
      rules(full).map(({ arn }) => ({
        Action: 'lambda:InvokeFunction',
        FunctionName: FUNCTION,
        Principal: 'events.amazonaws.com',
        SourceArn: arn,
      })),
    );
    full.template.resourceCountIs('AWS::Lambda::Url', 0);
    full.template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
  });
});
