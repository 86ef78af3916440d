import { randomBytes } from 'node:crypto';
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { generatedName } from '../generated-name';
import { type Provider, type ProviderContext, tagsOf, textOf } from '../provider';

export const parameter: Provider = {
  replacedBy: ['Name', 'Type'],
  async create(context, properties) {
    const Name = textOf(properties, 'Name') ?? generatedName(context);
    const Value = textOf(properties, 'Value') ?? '';
    const Type = (textOf(properties, 'Type') ?? 'String') as 'String';
    await context.clients.ssm.send(new PutParameterCommand({ Name, Value, Type, Overwrite: true }));
    return { physicalId: Name, attributes: { Type, Value } };
  },
  update: (context, _, properties) => parameter.create(context, properties),
  async delete({ clients }, Name) {
    await clients.ssm.send(new DeleteParameterCommand({ Name }));
  },
};

interface Generate {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number;
}

export const secret: Provider = {
  replacedBy: ['Name'],
  async create(context, properties) {
    const generate = properties.GenerateSecretString as Generate | undefined;
    const { ARN = '' } = await context.clients.secrets.send(
      new CreateSecretCommand({
        Name: textOf(properties, 'Name') ?? generatedName(context),
        Description: textOf(properties, 'Description'),
        SecretString: generate ? generated(generate) : (textOf(properties, 'SecretString') ?? ''),
        Tags: tagsOf(context, properties),
      }),
    );
    return { physicalId: ARN, attributes: { Id: ARN } };
  },
  update: (_, physicalId) => Promise.resolve({ physicalId, attributes: { Id: physicalId } }),
  async delete({ clients }, SecretId) {
    await clients.secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  },
};

function generated({ SecretStringTemplate, GenerateStringKey, PasswordLength = 32 }: Generate): string {
  const password = randomBytes(PasswordLength).toString('base64url').slice(0, PasswordLength);
  if (!GenerateStringKey) return password;
  const template = JSON.parse(SecretStringTemplate ?? '{}') as object;
  return JSON.stringify({ ...template, [GenerateStringKey]: password });
}

/** Writes where the database is into its secret. Its Ref is the secret's ARN, which policies are made of. */
export const secretTargetAttachment: Provider = {
  replacedBy: ['SecretId', 'TargetId', 'TargetType'],
  async create(context, properties) {
    const SecretId = textOf(properties, 'SecretId') ?? '';
    const { secrets } = context.clients;
    const { SecretString = '{}' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    const target = { dbClusterIdentifier: textOf(properties, 'TargetId'), engine: 'postgres', port: 5432 };
    await secrets.send(
      new PutSecretValueCommand({
        SecretId,
        SecretString: JSON.stringify({ ...(JSON.parse(SecretString) as object), ...target }),
      }),
    );
    return { physicalId: await arnOf(context, SecretId), attributes: { Id: SecretId } };
  },
  delete: () => Promise.resolve(),
};

async function arnOf({ clients }: ProviderContext, SecretId: string): Promise<string> {
  return (await clients.secrets.send(new DescribeSecretCommand({ SecretId }))).ARN ?? SecretId;
}

export const logGroup: Provider = {
  replacedBy: ['LogGroupName'],
  async create(context, properties) {
    const logGroupName = textOf(properties, 'LogGroupName') ?? generatedName(context, 512);
    const { logs } = context.clients;
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const retentionInDays = Number(properties.RetentionInDays);
    if (retentionInDays) await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
    const Arn = `arn:aws:logs:${context.region}:${context.account}:log-group:${logGroupName}:*`;
    return { physicalId: logGroupName, attributes: { Arn } };
  },
  async update({ clients, region, account }, logGroupName, properties) {
    const retentionInDays = Number(properties.RetentionInDays);
    if (retentionInDays)
      await clients.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
    const Arn = `arn:aws:logs:${region}:${account}:log-group:${logGroupName}:*`;
    return { physicalId: logGroupName, attributes: { Arn } };
  },
  async delete({ clients }, logGroupName) {
    await clients.logs.send(new DeleteLogGroupCommand({ logGroupName }));
  },
};
