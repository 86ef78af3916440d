import type { FailureMode } from './failure-mode';

const CLOUDFORMATION = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide';
const CDK = 'https://docs.aws.amazon.com/cdk/v2/guide';

/** CDK, CloudFormation and IAM. */
export const DEPLOYMENT_FAILURES: readonly FailureMode[] = [
  {
    id: 'F88',
    title: 'Credentials have expired',
    pattern:
      /\b(?:ExpiredToken(?:Exception)?|RequestExpired)\b|security token included in the request is expired/,
    cause: 'the temporary credentials that the call was made with have run out',
    fix: 'let tools take the credentials of the build themselves: copied into variables, or of a role that was assumed long ago, they end after an hour',
    link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html',
    example:
      'An error occurred (ExpiredTokenException) when calling the BatchGetImage operation: The security token included in the request is expired',
  },
  {
    id: 'F59',
    title: "CDK's roles cannot be assumed",
    pattern:
      /could not be used to assume '(?<role>[^']+)'|not authorized to perform: sts:AssumeRole on resource: (?<resource>\S+)/,
    cause: 'the build role may not assume {role}{resource}, or that role does not trust it',
    fix: 'deploy the pipeline and bootstrap with the same qualifier; sts:AssumeRole must be allowed on the roles of that bootstrap',
    link: `${CDK}/bootstrapping-env.html`,
    example:
      "current credentials could not be used to assume 'arn:aws:iam::123456789012:role/cdk-mangoo-deploy-role-123456789012-us-east-1', but are for the right account. Proceeding anyway.",
  },
  {
    id: 'F60',
    title: 'The environment is not bootstrapped',
    pattern: /SSM parameter (?<parameter>\S+) not found\. Has the environment been bootstrapped/,
    cause: 'there is no bootstrap with this qualifier: {parameter} is not there',
    fix: "run the command that the pipeline's stack prints as its output BootstrapCommand",
    link: `${CDK}/bootstrapping-env.html`,
    example:
      "SSM parameter /cdk-bootstrap/mangoo/version not found. Has the environment been bootstrapped? Please run 'cdk bootstrap'",
  },
  {
    id: 'F89',
    title: 'A permission is missing',
    pattern:
      /(?:(?<who>arn:\S+) is )?not authorized to perform: (?<action>[a-z0-9-]+:\w+)(?: on resource: (?<resource>\S+))?/,
    cause: 'IAM does not let {who|the caller} do {action} on {resource|what it asks for}',
    fix: "for the build role, add {action} in lib/build-role.ts; for a role of CDK's bootstrap, in the policies of mangoo-deploy (lib/deploy-policies.ts); then deploy the pipeline's stack",
    link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html',
    example:
      'An error occurred (AccessDeniedException) when calling the PutImage operation: User: arn:aws:sts::123456789012:assumed-role/mangoo-build-deploy-role/AWSCodeBuild-1 is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:us-east-1:123456789012:repository/mangoo-backend because no identity-based policy allows the ecr:PutImage action',
  },
  {
    id: 'F66',
    title: 'The stack is busy',
    pattern:
      /is in (?<status>\w+_IN_PROGRESS) state and can ?not be (?:updated|executed)|\bInvalidChangeSetStatus\b/,
    cause:
      'another operation runs on the stack ({status|it began after the change set was made}): a second build, or somebody by hand',
    fix: 'wait for its end (aws cloudformation describe-stacks), then start the build again (aws codebuild retry-build)',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example:
      'Stack:arn:aws:cloudformation:us-east-1:123456789012:stack/MangooStack/1 is in UPDATE_IN_PROGRESS state and can not be updated.',
  },
  {
    id: 'F67',
    title: 'The stack cannot be updated',
    pattern: /is in (?<status>\w*ROLLBACK_(?:COMPLETE|FAILED)) state and can not be updated/,
    cause: 'an earlier deployment has left the stack in {status}',
    fix: 'after ROLLBACK_COMPLETE delete the stack; after UPDATE_ROLLBACK_FAILED run aws cloudformation continue-update-rollback; then start the build again',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example:
      'Stack:arn:aws:cloudformation:us-east-1:123456789012:stack/MangooStack/1 is in ROLLBACK_COMPLETE state and can not be updated.',
  },
  {
    id: 'F51',
    title: 'A resource exists already',
    pattern:
      /Resource of type '(?<type>(?!AWS::Logs::LogGroup|AWS::S3::Bucket)[^']+)' with identifier '(?<name>[^']+)' already exists/,
    cause:
      'the stack would make {type} {name}, but that exists: a command, another stack, or an earlier one that kept it has made it',
    fix: 'let one of them own it: import it (cdk import), take its name out of the template, or delete it when nothing needs it',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example: "Resource of type 'AWS::ECR::Repository' with identifier 'mangoo-backend' already exists.",
  },
  {
    id: 'F69',
    title: 'A log group exists already',
    pattern: /Resource of type 'AWS::Logs::LogGroup'(?: with identifier '(?<name>[^']+)')? already exists/,
    cause:
      'log group {name|of the template} exists: its service makes it by itself when it is not there first, or an earlier stack has kept it',
    fix: 'delete it when its lines are not needed (aws logs delete-log-group), or import it (cdk import)',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example:
      'Resource of type \'AWS::Logs::LogGroup\' with identifier \'{"/properties/LogGroupName":"/mangoo/backend"}\' already exists.',
  },
  {
    id: 'F70',
    title: 'A bucket exists already',
    pattern:
      /Resource of type 'AWS::S3::Bucket' with identifier '(?<name>[^']+)' already exists|(?<bucket>[a-z0-9.-]{3,63}) already exists \(Service: S3|The requested bucket name is not available/,
    cause:
      'bucket {name}{bucket} exists: names of buckets are unique in all accounts, or an earlier stack has kept it',
    fix: 'leave the name to CloudFormation, choose another one, or import the bucket (cdk import)',
    link: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html',
    example: "Resource of type 'AWS::S3::Bucket' with identifier 'mangoo-uploads' already exists.",
  },
  {
    id: 'F61',
    title: 'A policy names a principal that is not there',
    pattern: /one or more invalid principals|Invalid principal in policy/,
    cause:
      'a policy names a role or user that does not exist, or was deleted and made anew: AWS keeps the old one by its id',
    fix: 'bootstrap the target environment, or deploy the stack of the policy again so that it names the new one',
    link: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html',
    example: 'Policy contains a statement with one or more invalid principals.',
  },
  {
    id: 'F62',
    title: 'The availability zones are placeholders',
    pattern: /Value \(dummy1\w\) for parameter availabilityZone is invalid/,
    cause: 'CDK was synthesized without cdk.context.json, so it put dummy1a for the availability zones',
    fix: 'run cdk synth with access to the account, and commit cdk.context.json; git check-ignore -v says whether git leaves it out',
    link: `${CDK}/context.html`,
    example:
      'Value (dummy1a) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: us-east-1a',
  },
  {
    id: 'F71',
    title: 'A lifecycle rule is too early',
    pattern:
      /'Days' in Transition action must be greater than or equal to (?<days>\d+) for storageClass '(?<storage>\w+)'/,
    cause: 'S3 moves objects to {storage} after {days} days at the earliest',
    fix: 'raise the days of the transition, or leave it out when the objects expire sooner',
    link: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html',
    example: "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
  },
  {
    id: 'F72',
    title: 'What should be deleted is not empty',
    pattern:
      /The bucket you tried to delete is not empty|cannot be deleted because it still contains images/i,
    cause: 'the stack deletes a bucket or a repository that holds something',
    fix: 'empty it first, or set autoDeleteObjects or emptyOnDelete in cdk/ while that is wanted',
    link: `${CLOUDFORMATION}/troubleshooting.html`,
    example: 'The bucket you tried to delete is not empty (Service: S3, Status Code: 409)',
  },
  {
    id: 'F97',
    title: 'The database version is not offered',
    pattern: /Cannot find version (?<version>\S+) for (?<engine>[\w-]+)/,
    cause: 'RDS does not offer {engine} {version} in this region, or no more',
    fix: 'choose one of aws rds describe-db-engine-versions --engine {engine}',
    link: 'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.VersionPolicy.html',
    example:
      'Resource handler returned message: "Cannot find version 13.4 for aurora-postgresql (Service: Rds, Status Code: 400)"',
  },
  {
    id: 'F98',
    title: 'A quota is used up',
    pattern: /The maximum number of (?<what>[\w ]+?) has been reached|HandlerErrorCode: ServiceLimitExceeded/,
    cause: 'the account has as many {what|of them} as it may have in this region',
    fix: 'delete what is not needed, or have the quota raised (Service Quotas), then start the build again',
    link: 'https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html',
    example:
      'Resource handler returned message: "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400)" (HandlerErrorCode: GeneralServiceException)',
  },
  {
    id: 'F111',
    title: 'The change set would lose data or widen access',
    pattern: /(?<count>\d+) change\(s\) are refused; of the change sets that were read/,
    cause:
      'the push would replace or remove what holds data, or let somebody do more than before, in {count} place(s); nothing was executed',
    fix: 'give the resource its old id or property back, or allow it for this commit: the log has the entries for application.allowedChanges',
    link: `${CLOUDFORMATION}/using-cfn-updating-stacks-changesets.html`,
    example:
      'ERROR: 1 change(s) are refused; of the change sets that were read, none is executed. Mend the application, or allow what is meant',
  },
  {
    id: 'F112',
    title: 'The migration of the database failed',
    pattern: /the migration ended badly: nothing was deployed/,
    cause:
      'the command application.migration failed; nothing was deployed, and what runs is the release before',
    fix: 'look at its output in the log and at how far the database was migrated, mend the migration, push again',
    link: `${CLOUDFORMATION}/using-cfn-updating-stacks-changesets.html`,
    example: 'ERROR: the migration ended badly: nothing was deployed, and what runs is the release before.',
  },
  {
    id: 'F113',
    title: 'What was deployed is not well',
    pattern: /the smoke test .*: release (?<release>\S+) is live and not well/,
    cause: 'the command application.smokeTest failed three times; release {release} is live all the same',
    fix: "go back by npm run rollback, or push what mends it; the test's output is in the log",
    link: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting.html',
    example:
      'ERROR: the smoke test ended with 22: release 7 is live and not well, and is not recorded as a release.',
  },
];
