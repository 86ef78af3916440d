// Reads change sets before they are executed, and ends badly where they would replace or remove what holds data, or let
// somebody do more than before: guard.mjs ARTIFACTS ALLOWED_CHANGES. Reads those of .artifacts/change-sets.tsv, and writes what it has read to
// .artifacts/changes.json. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Deployer, Ended, placeOf, runAs, say, stackOf } from './deployer.mjs';
import { parsed, rowsIn } from './left.mjs';

/**
 * Resources that hold what no deployment makes again, or that such resources lie in: as of November 2026, those of cfn-lint's
 * rule I3011 that an application of this kind has, and networks, zones, vaults, registries, parameters and search domains.
 * https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md
 */
const STATEFUL = new Set(
  `AWS::Backup::BackupVault AWS::CloudFormation::Stack AWS::Cognito::UserPool AWS::Cognito::IdentityPool
  AWS::DocDB::DBCluster AWS::DocDB::DBInstance AWS::DynamoDB::GlobalTable AWS::DynamoDB::Table
  AWS::EC2::EIP AWS::EC2::Subnet AWS::EC2::VPC AWS::EC2::Volume AWS::ECR::Repository AWS::EFS::FileSystem
  AWS::ElastiCache::CacheCluster AWS::ElastiCache::ReplicationGroup AWS::ElastiCache::ServerlessCache
  AWS::Elasticsearch::Domain AWS::FSx::FileSystem AWS::KMS::Key AWS::Kinesis::Stream AWS::Logs::LogGroup
  AWS::MSK::Cluster AWS::MSK::ServerlessCluster AWS::MemoryDB::Cluster AWS::Neptune::DBCluster
  AWS::OpenSearchServerless::Collection AWS::OpenSearchService::Domain AWS::RDS::DBCluster AWS::RDS::DBInstance
  AWS::RDS::GlobalCluster AWS::Redshift::Cluster AWS::Route53::HostedZone AWS::S3::Bucket AWS::SQS::Queue
  AWS::SSM::Parameter AWS::SecretsManager::Secret AWS::Timestream::Table`.split(/\s+/),
);

/** What CloudFormation leaves of a resource, by its PolicyAction. */
const LEFT = {
  Snapshot: ', of which a snapshot is left',
  ReplaceAndSnapshot: ', of which a snapshot is left',
  ReplaceAndRetain: '; the old one is kept, but no longer used',
};

/** Stands for what only the deployment will know, such as the ARN of a resource that is still to be made. */
const UNKNOWN = '{{changeSet:KNOWN_AFTER_APPLY}}';

/** Of a finding's long lists. */
const MOST_TOLD = 4;

/**
 * What is wrong with the change of one resource: sentences about it, and whether each is refused or only told.
 *
 * @param change a ResourceChange, with the values of its properties
 */
export function examine(change) {
  return [...examineData(change), ...examineAccess(change)];
}

function examineData({ Action, ResourceType, Replacement, PolicyAction, Details = [], BeforeContext }) {
  if (!STATEFUL.has(ResourceType)) return [];
  if (Action === 'Dynamic') {
    return [{ refused: true, what: 'may be replaced or removed: the change set cannot tell' }];
  }
  const { DeletionPolicy, UpdateReplacePolicy } = parsed(BeforeContext) ?? {};
  if (Action === 'Remove') {
    const action = PolicyAction ?? DeletionPolicy ?? 'Delete';
    if (action.startsWith('Retain')) {
      return [{ refused: false, what: 'leaves the stack, and is kept: nothing deletes it any more' }];
    }
    return [{ refused: true, what: `would be removed${LEFT[action] ?? ''}` }];
  }
  if (Action !== 'Modify' || !['True', 'Conditional'].includes(Replacement)) return [];
  const causes = new Set(
    Details.filter(({ Target }) => /^(?:Always|Conditionally)$/.test(Target?.RequiresRecreation)).map(
      ({ Target }) => Target.Name ?? Target.Attribute,
    ),
  );
  const because = causes.size ? ` (${[...causes].join(', ')})` : '';
  const left = LEFT[PolicyAction ?? `ReplaceAnd${UpdateReplacePolicy ?? 'Delete'}`] ?? '';
  const would =
    Replacement === 'True' ? 'would be replaced by an empty one' : 'may be replaced by an empty one';
  return [{ refused: true, what: `${would}${because}${left}` }];
}

function examineAccess(change) {
  const { Action, ResourceType = '', Scope = [] } = change;
  const isIam = ResourceType.startsWith('AWS::IAM::');
  const isRules = /^AWS::EC2::SecurityGroup(?:Ingress)?$/.test(ResourceType);
  // A policy of its own may open what has been there; one that is part of a new resource opens nothing else.
  const isPolicy = /Policy$/.test(ResourceType);
  if (!{ Add: isIam || isRules || isPolicy, Modify: true, Remove: isPolicy }[Action]) return [];
  const after = Action === 'Remove' ? {} : parsed(change.AfterContext)?.Properties;
  const before = Action === 'Add' ? {} : parsed(change.BeforeContext)?.Properties;
  if (!before || !after) {
    const harmless = Scope.length > 0 && Scope.every((one) => one !== 'Properties');
    if (harmless || !(isIam || isRules || isPolicy)) return [];
    return [{ refused: true, what: 'changes what is allowed, and the change set does not show how' }];
  }
  return [
    ...widened(before, after),
    ...['ManagedPolicyArns', 'Roles', 'Users', 'Groups'].flatMap((name) => {
      if (!isIam) return [];
      const more = added(list(before[name]), list(after[name]));
      const what = name === 'ManagedPolicyArns' ? 'gets the policy' : `is attached, by ${name}, to`;
      return more.length ? [`${what} ${some(more)}`] : [];
    }),
    ...unbound(before, after),
    ...(isRules ? opened(ResourceType, before, after) : []),
  ].map((what) => ({ refused: true, what }));
}

/** What policy documents, of whatever property, allow that they did not allow, or deny no longer. */
function widened(before, after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const old = grantsOf(before[name]);
    const wanted = grantsOf(after[name]);
    const more = uncovered('Allow', old, wanted);
    const gone = uncovered('Deny', wanted, old);
    return [
      ...(more.length ? [`would allow ${some(more.map(told))}, by ${name}`] : []),
      ...(gone.length ? [`would no longer deny ${some(gone.map(told))}, by ${name}`] : []),
    ];
  });
}

/** The grants of `wanted` that none of `old` includes; what refers to a resource that is replaced is no new grant. */
function uncovered(effect, old, wanted) {
  const one = wanted.filter((grant) => grant.effect === effect);
  const rest = one.filter((grant) => !old.some((other) => covers(other, grant)));
  const key = ({ effect: e, action, principal, condition }) =>
    JSON.stringify([e, action, principal, condition]);
  const replaced = old.filter((other) => !one.some((grant) => covers(grant, other)));
  return rest.filter((grant) => {
    if (!grant.resource?.includes(UNKNOWN)) return true;
    const at = replaced.findIndex((other) => key(other) === key(grant));
    if (at < 0) return true;
    replaced.splice(at, 1);
    return false;
  });
}

/** Every single thing that the statements of a property's documents allow or deny. */
function grantsOf(value) {
  return documentsIn(value).flatMap(({ Statement }) =>
    list(Statement).flatMap((statement) => {
      const effect = statement.Effect;
      // What is not named cannot be compared but as a whole.
      if (Object.keys(statement).some((key) => /^Not/.test(key)))
        return [{ effect, whole: stable(statement) }];
      const condition = statement.Condition ? stable(statement.Condition) : '';
      const actions = list(statement.Action);
      const resources = statement.Resource === undefined ? [''] : list(statement.Resource);
      return principalsOf(statement.Principal).flatMap((principal) =>
        actions.flatMap((action) =>
          resources.map((resource) => ({
            effect,
            principal: text(principal),
            action: text(action),
            resource: text(resource),
            condition,
          })),
        ),
      );
    }),
  );
}

function documentsIn(value) {
  const document = typeof value === 'string' && value.startsWith('{') ? parsed(value) : value;
  if (document?.Statement) return [document];
  return Array.isArray(document) ? document.flatMap((item) => documentsIn(item?.PolicyDocument)) : [];
}

function principalsOf(principal) {
  if (principal === undefined) return [''];
  if (typeof principal === 'string') return [principal];
  return Object.entries(principal).flatMap(([kind, values]) =>
    list(values).map((value) => (kind === 'AWS' && value === '*' ? '*' : `${kind} ${text(value)}`)),
  );
}

function covers(wide, narrow) {
  if (wide.effect !== narrow.effect) return false;
  if (wide.whole || narrow.whole) return wide.whole === narrow.whole;
  return (
    (wide.principal === narrow.principal || wide.principal === '*') &&
    matches(wide.action.toLowerCase(), narrow.action.toLowerCase()) &&
    matches(wide.resource, narrow.resource) &&
    (wide.condition === '' || wide.condition === narrow.condition)
  );
}

function matches(pattern, value) {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

function told({ whole, principal, action, resource, condition }) {
  if (whole) return whole;
  return [
    action,
    resource && `on ${resource.replaceAll(UNKNOWN, '(a new resource)')}`,
    principal && `for ${principal === '*' ? 'everybody' : principal}`,
    condition && `if ${condition}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function unbound({ PermissionsBoundary: before }, { PermissionsBoundary: after }) {
  if (!before || before === after) return [];
  return [after ? `would be bound by ${after} instead of ${before}` : `would lose its boundary ${before}`];
}

function opened(type, before, after) {
  const rules = (properties) =>
    (type === 'AWS::EC2::SecurityGroup' ? list(properties.SecurityGroupIngress) : [properties])
      .filter(({ CidrIp, CidrIpv6 }) => CidrIp === '0.0.0.0/0' || CidrIpv6 === '::/0')
      .map(({ IpProtocol, FromPort, ToPort, CidrIp, CidrIpv6 }) => {
        const ports = FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`;
        return `${CidrIp ?? CidrIpv6}, ${String(IpProtocol) === '-1' ? 'all traffic' : `${IpProtocol} ${ports}`}`;
      });
  const more = added(rules(before), rules(after));
  return more.length ? [`would be open to ${some(more)}`] : [];
}

/** What is in a list that was not; an unknown value stands for one that is gone, which is replaced. */
function added(before, after) {
  const old = before.map(text);
  const wanted = after.map(text);
  let gone = old.filter((one) => !wanted.includes(one)).length;
  return wanted.filter((one) => {
    if (old.includes(one)) return false;
    if (!one.includes(UNKNOWN) || gone === 0) return true;
    gone -= 1;
    return false;
  });
}

function some(texts) {
  const more = texts.length - MOST_TOLD;
  return more > 0 ? `${texts.slice(0, MOST_TOLD).join('; ')}; and ${more} more` : texts.join('; ');
}

function list(value) {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function text(value) {
  return typeof value === 'string' ? value : stable(value);
}

/** JSON that is the same for the same value: lists of one are as good as the one. */
function stable(value) {
  if (Array.isArray(value)) {
    return value.length === 1 ? stable(value[0]) : `[${value.map(stable).sort().join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(String(value));
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${stable(inner)}`);
  return `{${entries.sort().join(',')}}`;
}

/**
 * What to say of all changes, in the order in which they come.
 *
 * @param changes each `{ resource, type, change }`; the resource as `Stack/LogicalId`
 * @param allowed the configuration's list
 * @returns lines: those that are refused, and those that are only told
 */
export function judge(changes, commit, allowed) {
  const refused = [];
  const notes = [];
  const needed = new Set();
  const mine = allowed.filter((entry) => entry.commit === commit);
  for (const { resource, change } of changes) {
    const name = `${resource} (${change.ResourceType})`;
    for (const finding of examine(change)) {
      const entry = mine.find((one) => one.resource === resource);
      if (finding.refused && entry) {
        needed.add(entry);
        notes.push(`${name} ${finding.what}: allowed for this commit: ${entry.reason}`);
      } else if (finding.refused) refused.push({ resource, line: `${name} ${finding.what}` });
      else notes.push(`WARNING: ${name} ${finding.what}`);
    }
  }
  for (const entry of mine) {
    if (!needed.has(entry) && !refused.length) {
      notes.push(`application.allowedChanges: this commit does nothing to ${entry.resource} that needs it`);
    }
  }
  return { refused, notes };
}

/** How what was refused is begun again once it is allowed: a retried build may have the configuration of before. */
function again({ ROLLBACK, INPUT_ARTIFACT, CODEBUILD_BUILD_ID = '' }) {
  if (INPUT_ARTIFACT) return 'retry all actions of the stage';
  if (ROLLBACK === '1') return 'go back by npm run rollback again';
  return `start this commit's build anew (aws codebuild start-build --project-name ${CODEBUILD_BUILD_ID.split(':')[0]} --source-version COMMIT)`;
}

/** The lines of a refusal: what, and what to do about it. */
export function refusal(refused, commit, next) {
  const resources = [...new Set(refused.map(({ resource }) => resource))];
  return [
    ...refused.map(({ line }) => line),
    `${refused.length} change(s) are refused; of the change sets that were read, none is executed. Mend the application, or allow what is meant: put an entry for each resource into application.allowedChanges of the pipeline's configuration, deploy the pipeline, and ${next}:`,
    ...resources.map(
      (resource) => `  { commit: '${commit}', resource: '${resource}', reason: 'why, in one line' },`,
    ),
  ];
}

/**
 * Ends badly where change sets would do what nobody has allowed.
 *
 * @param changes what they would do, as `changesIn` has it
 */
export function refuse(artifacts, changes, allowed) {
  const { CODEBUILD_RESOLVED_SOURCE_VERSION: commit } = process.env;
  const file = path.join(artifacts, 'changes.json');
  // Of stacks that this build has deployed already, for what these need.
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  writeFileSync(file, `${JSON.stringify([...before, ...changes], null, 2)}\n`);
  const { refused, notes } = judge(changes, commit, allowances(allowed));
  notes.forEach(say);
  if (refused.length) throw new Ended(1, ...refusal(refused, commit, again(process.env)));
}

/** lib/config-validation.ts has seen it, unless start-build gave another. */
function allowances(value) {
  const list = parsed(value);
  const isEntry = (entry) =>
    [entry?.commit, entry?.resource, entry?.reason].every((one) => typeof one === 'string');
  if (Array.isArray(list) && list.every(isEntry)) return list;
  throw new Ended(
    1,
    `ALLOWED_CHANGES: expected application.allowedChanges of the configuration as JSON, got ${value}`,
  );
}

/** What change sets would do, those of nested stacks too, which the CDK CLI asks for. */
export async function changesIn(deployer, owner, { Changes = [] }) {
  const changes = [];
  for (const { ResourceChange: change } of Changes) {
    if (!change) continue;
    const resource = `${owner}/${change.LogicalResourceId}`;
    changes.push({ resource, change });
    if (!change.ChangeSetId) continue;
    changes.push(
      ...(await changesIn(deployer, resource, await describeChangeSet(deployer, change.ChangeSetId))),
    );
  }
  return changes;
}

/** With all of its pages, which the CLI of AWS reads. */
export function describeChangeSet(deployer, changeSet) {
  return deployer.cloudFormation(
    'describe-change-set',
    '--change-set-name',
    changeSet,
    '--include-property-values',
  );
}

async function guard(artifacts, allowed) {
  const made = rowsIn(path.join(artifacts, 'change-sets.tsv')).filter(([, changeSet]) => changeSet !== '-');
  if (!made.length) return;
  const deployer = new Deployer(placeOf(made[0][1]));
  const changes = [];
  for (const [stack, changeSet] of made) {
    // A stack that was never deployed has nothing to lose.
    const { StackStatus } = (await stackOf(deployer, stack)) ?? {};
    if (StackStatus === 'REVIEW_IN_PROGRESS') continue;
    changes.push(...(await changesIn(deployer, stack, await describeChangeSet(deployer, changeSet))));
  }
  refuse(artifacts, changes, allowed);
}

// Imported, it only judges.
if (path.basename(process.argv[1] ?? '') === 'guard.mjs') void runAs(guard);
