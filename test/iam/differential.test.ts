import { runSimulation } from '@cloud-copilot/iam-simulate';
import { evaluate, type Policies, type Request } from '../../tools/iam/evaluate';
import type { PolicyDocument, Statement } from '../../tools/iam/policy';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/build`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/build/one`;

/** Numbers from 0 to 1 that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Draws a request and policies from words that meet often enough for every branch to be taken. */
class Draw {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = random(seed);
  }

  request(): Request {
    const [action, resource] = this.one([
      ['s3:GetObject', 'arn:aws:s3:::mangoo-artifacts/builds/1/app.js'],
      ['s3:PutObject', 'arn:aws:s3:::mangoo-artifacts/builds/1/$odd.js'],
      ['s3:DeleteObject', 'arn:aws:s3:::other/builds/1/app.js'],
      ['ecr:PutImage', `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/mangoo-backend`],
      ['ecr:PutImage', `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/mangoo-backend-2`],
      ['ssm:GetParameters', `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/mangoo/key`],
    ] as const);
    const context: Record<string, string | string[]> = {
      'aws:PrincipalArn': ROLE,
      'aws:PrincipalAccount': ACCOUNT,
      'aws:SecureTransport': this.one(['true', 'false']),
      'aws:RequestedRegion': this.one(['us-east-1', 'eu-west-1']),
      'aws:CurrentTime': this.one(['2026-01-01T00:00:00Z', '2027-06-01T12:00:00Z']),
      'aws:SourceIp': this.one(['203.0.113.7', '198.51.100.1']),
    };
    if (this.next() < 0.5) context['aws:PrincipalTag/team'] = this.one(['mangoo', 'Mangoo', 'ma*', 'builds']);
    if (this.next() < 0.5) context['aws:SourceArn'] = `arn:aws:codebuild:us-east-1:${ACCOUNT}:project/mangoo`;
    if (this.next() < 0.3) context['aws:MultiFactorAuthAge'] = this.one(['10', '300']);
    return { action, resource, context, principal: { arn: SESSION, roleArn: ROLE, account: ACCOUNT } };
  }

  policies(): Policies {
    const drawn = this.drawn();
    // What a resource's policy gives to a session by its name, AWS does not limit by the session's policies; the reference does.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
    return JSON.stringify(drawn.resource ?? '').includes(SESSION) ? { ...drawn, session: undefined } : drawn;
  }

  private drawn(): Policies {
    return {
      identity: [{ name: 'inline', document: this.document() }],
      boundary: this.next() < 0.4 ? this.document() : undefined,
      resource: this.next() < 0.3 ? this.document({ principal: true }) : undefined,
      session: this.next() < 0.4 ? [this.document()] : undefined,
    };
  }

  private document({ principal = false } = {}): PolicyDocument {
    const count = 1 + Math.floor(this.next() * 3);
    return {
      Version: '2012-10-17',
      Statement: Array.from({ length: count }, () => this.statement(principal)),
    };
  }

  private statement(principal: boolean): Statement {
    const actions = this.some([
      's3:GetObject',
      's3:*Object',
      's3:Put*',
      'S3:getobject',
      'ecr:PutImage',
      'ecr:*',
      'ssm:Get?arameters',
      '*',
    ]);
    const resources = this.some([
      'arn:aws:s3:::mangoo-artifacts/*',
      'arn:aws:s3:::mangoo-artifacts/builds/?/app.js',
      'arn:aws:s3:::*/builds/1/${$}odd.js',
      'arn:aws:s3:::mangoo-artifacts/${aws:PrincipalTag/team}/*',
      `arn:aws:ecr:*:${ACCOUNT}:repository/mangoo-backend`,
      `arn:aws:ecr:us-east-1:*:repository/*`,
      `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/mangoo/*`,
      '*',
    ]);
    return {
      Effect: this.next() < 0.75 ? 'Allow' : 'Deny',
      ...(principal && {
        Principal: this.one<Statement['Principal'] & object>([
          { AWS: ROLE },
          { AWS: SESSION },
          { AWS: `arn:aws:iam::${ACCOUNT}:root` },
          { AWS: `arn:aws:iam::${ACCOUNT}:role/other` },
          { Service: 'codebuild.amazonaws.com' },
        ]),
      }),
      ...(this.next() < 0.9 ? { Action: actions } : { NotAction: actions }),
      // What a variable without a value excludes is documented nowhere, and the evaluators differ.
      ...(this.next() < 0.9 || String(resources).includes('${aws')
        ? { Resource: resources }
        : { NotResource: resources }),
      ...(this.next() < 0.6 && { Condition: this.condition() }),
    };
  }

  private condition(): NonNullable<Statement['Condition']> {
    const [operator, key, values] = this.one<[string, string, string[]]>([
      ['StringEquals', 'aws:RequestedRegion', ['us-east-1']],
      ['StringNotEquals', 'aws:RequestedRegion', ['us-east-1', 'us-west-2']],
      ['StringEquals', 'aws:PrincipalTag/team', ['mangoo']],
      ['StringEqualsIfExists', 'aws:principaltag/team', ['mangoo', 'ma*']],
      ['StringEqualsIgnoreCase', 'aws:PrincipalTag/team', ['MANGOO']],
      ['StringLike', 'aws:PrincipalTag/team', ['ma*', '?uilds']],
      ['StringNotLike', 'aws:PrincipalTag/team', ['ma*']],
      ['StringNotLikeIfExists', 'aws:PrincipalTag/team', ['?angoo']],
      ['ArnLike', 'aws:SourceArn', [`arn:aws:codebuild:*:${ACCOUNT}:project/mango?`]],
      ['ArnEquals', 'aws:SourceArn', [`arn:aws:codebuild:us-east-1:${ACCOUNT}:project/*`]],
      ['ArnNotLike', 'aws:SourceArn', [`arn:aws:codebuild:*:*:project/other`]],
      ['ArnLike', 'aws:PrincipalArn', [`arn:aws:iam::${ACCOUNT}:role/*`]],
      ['Bool', 'aws:SecureTransport', ['false']],
      ['BoolIfExists', 'aws:SecureTransport', ['true']],
      ['Null', 'aws:SourceArn', ['true']],
      ['Null', 'aws:PrincipalTag/team', ['false']],
      ['DateGreaterThan', 'aws:CurrentTime', ['2026-12-01T00:00:00Z']],
      ['DateLessThanEquals', 'aws:CurrentTime', ['2026-01-01T00:00:00Z']],
      ['NumericLessThan', 'aws:MultiFactorAuthAge', ['100']],
      ['NumericGreaterThanEqualsIfExists', 'aws:MultiFactorAuthAge', ['300']],
      ['IpAddress', 'aws:SourceIp', ['203.0.113.0/24']],
      ['NotIpAddress', 'aws:SourceIp', ['203.0.113.0/24', '192.0.2.0/24']],
    ]);
    return { [operator]: { [key]: this.next() < 0.5 && values.length === 1 ? (values[0] ?? '') : values } };
  }

  private one<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)] as T;
  }

  private some(values: readonly string[]): string | string[] {
    return this.next() < 0.3 ? this.one(values) : [this.one(values), this.one(values)];
  }
}

async function reference(request: Request, policies: Policies): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: request.principal.arn,
        action: request.action,
        resource: { resource: request.resource, accountId: ACCOUNT },
        contextVariables: request.context as Record<string, string | string[]>,
      },
      identityPolicies: policies.identity.map(({ name, document }) => ({ name, policy: document })),
      permissionBoundaryPolicies: policies.boundary && [{ name: 'boundary', policy: policies.boundary }],
      resourcePolicy: policies.resource,
      sessionPolicy: policies.session?.[0],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType !== 'single') throw new Error(JSON.stringify(result));
  return result.overallResult === 'Allowed';
}

const CASES = 2000;

test(`what the simulator allows and denies is what the reference evaluator does, in ${CASES} drawn cases`, async () => {
  const allowed = { yes: 0, no: 0 };
  for (let seed = 1; seed <= CASES; seed += 1) {
    const draw = new Draw(seed);
    const [request, policies] = [draw.request(), draw.policies()];
    const ours = evaluate(request, policies).allowed;
    const theirs = await reference(request, policies);
    allowed[theirs ? 'yes' : 'no'] += 1;
    if (ours !== theirs)
      throw new Error(
        `seed ${seed}: ours ${ours}, reference ${theirs}\n${JSON.stringify({ request, policies }, null, 1)}`,
      );
  }
  // Cases that nearly all end alike would show nothing.
  expect(allowed.yes).toBeGreaterThan(CASES / 10);
  expect(allowed.no).toBeGreaterThan(CASES / 10);
});
