/** A template as CloudFormation sees it once its resources exist: names and ARNs in place of intrinsics. */
export interface TemplateJson {
  readonly Resources: Readonly<Record<string, Resource>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly stack: string;
}

export const HERE: Place = {
  partition: 'aws',
  region: 'us-east-1',
  account: '111122223333',
  stack: 'MangooStack',
};

/** Per type: the property that names it, and its ARN by that name. A type without an entry cannot be referred to. */
const KINDS: Readonly<
  Record<string, { name: string; arn?: (place: Place, name: string) => string; ref?: 'arn' }>
> = {
  'AWS::CodeBuild::Project': {
    name: 'Name',
    arn: (at, name) => `arn:${at.partition}:codebuild:${at.region}:${at.account}:project/${name}`,
  },
  // What nobody names has an id; here the logical one, so that a test can tell them apart.
  ...Object.fromEntries(
    ['EIP', 'InternetGateway', 'NatGateway', 'RouteTable', 'Subnet', 'VPC'].map((type) => [
      `AWS::EC2::${type}`,
      { name: 'AllocationId' },
    ]),
  ),
  'AWS::EC2::SecurityGroup': { name: 'GroupId' },
  'AWS::ECR::Repository': {
    name: 'RepositoryName',
    arn: (at, name) => `arn:${at.partition}:ecr:${at.region}:${at.account}:repository/${name}`,
  },
  'AWS::Events::Rule': {
    name: 'Name',
    arn: (at, name) => `arn:${at.partition}:events:${at.region}:${at.account}:rule/${name}`,
  },
  'AWS::IAM::ManagedPolicy': {
    name: 'ManagedPolicyName',
    arn: (at, name) => `arn:${at.partition}:iam::${at.account}:policy/${name}`,
    ref: 'arn',
  },
  'AWS::IAM::Role': {
    name: 'RoleName',
    arn: (at, name) => `arn:${at.partition}:iam::${at.account}:role/${name}`,
  },
  'AWS::Lambda::Function': {
    name: 'FunctionName',
    arn: (at, name) => `arn:${at.partition}:lambda:${at.region}:${at.account}:function:${name}`,
  },
  'AWS::Logs::LogGroup': {
    name: 'LogGroupName',
    arn: (at, name) => `arn:${at.partition}:logs:${at.region}:${at.account}:log-group:${name}:*`,
  },
  'AWS::S3::Bucket': { name: 'BucketName', arn: (at, name) => `arn:${at.partition}:s3:::${name}` },
  'AWS::SNS::Topic': {
    name: 'TopicName',
    arn: (at, name) => `arn:${at.partition}:sns:${at.region}:${at.account}:${name}`,
    ref: 'arn',
  },
  'AWS::SQS::Queue': {
    name: 'QueueName',
    arn: (at, name) => `arn:${at.partition}:sqs:${at.region}:${at.account}:${name}`,
  },
  'AWS::SecretsManager::Secret': {
    name: 'Name',
    arn: (at, name) => `arn:${at.partition}:secretsmanager:${at.region}:${at.account}:secret:${name}-AbCdEf`,
    ref: 'arn',
  },
  'AWS::SecretsManager::SecretTargetAttachment': { name: 'SecretId', ref: 'arn', arn: (_, secret) => secret },
};

/** `value`, a part of `template`, without intrinsics. Throws for those it does not know, rather than to guess. */
export function resolved(template: TemplateJson, value: unknown, place: Place = HERE): unknown {
  const resolve = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(resolve);
    if (typeof part !== 'object' || part === null) return part;
    const [[key, argument] = ['', undefined], ...others] = Object.entries(part);
    if (others.length || !(key === 'Ref' || key.startsWith('Fn::'))) {
      return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, resolve(inner)]));
    }
    return intrinsic(key, argument);
  };

  const intrinsic = (key: string, argument: unknown): unknown => {
    switch (key) {
      case 'Ref':
        return refer(argument as string);
      case 'Fn::GetAtt': {
        const [id, attribute] = argument as [string, string];
        const { kind, name, arn } = identified(id);
        if (attribute === 'Arn') return arn;
        if (attribute === kind?.name) return name;
        break;
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown[]];
        return parts.map((part) => String(resolve(part))).join(separator);
      }
      case 'Fn::Sub':
        return String(argument).replace(/\$\{([^}]+)\}/g, (_, id: string) => refer(id));
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${place.region}${zone}`);
      case 'Fn::Select': {
        const [index, list] = resolve(argument) as [number | string, unknown[]];
        return list[Number(index)];
      }
      case 'Fn::Split': {
        const [separator, text] = resolve(argument) as [string, string];
        return text.split(separator);
      }
    }
    throw new Error(`cannot resolve ${JSON.stringify({ [key]: argument })}`);
  };

  const refer = (id: string): string => {
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::AccountId': place.account,
      'AWS::Partition': place.partition,
      'AWS::Region': place.region,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    const { kind, name, arn } = pseudo[id] === undefined ? identified(id) : { name: pseudo[id] };
    return kind?.ref === 'arn' ? (arn ?? name) : name;
  };

  const identified = (
    id: string,
  ): { kind?: (typeof KINDS)[string]; name: string; arn: string | undefined } => {
    const resource = template.Resources[id];
    const kind = KINDS[resource?.Type ?? ''];
    if (!resource || !kind) throw new Error(`cannot resolve a reference to ${id} (${resource?.Type})`);
    const given = resource.Properties?.[kind.name];
    // CloudFormation's own names: the stack, the logical id, something random.
    const name = given === undefined ? `${place.stack}-${id}-AbCd1234EfGh` : String(resolve(given));
    return { kind, name, arn: kind.arn?.(place, name) };
  };

  return resolve(value);
}
