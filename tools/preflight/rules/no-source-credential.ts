import { text } from '../../values';
import type { Model } from '../model/model';
import type { Project } from '../model/project';
import { calledBy, type Found as Resource, resourcesOf } from '../model/resources';
import type { Rule } from '../rule';

const SERVERS = ['GITHUB', 'GITHUB_ENTERPRISE', 'GITLAB', 'GITLAB_SELF_MANAGED', 'BITBUCKET'];
const IMPORT = /import-?source-?credentials/i;

export const noSourceCredential: Rule = {
  id: 'F01',
  name: 'no-source-credential',
  title: 'The webhook needs a credential that nothing here provides',
  awsError:
    'Failed to call CreateWebhook, reason: Access token not found in CodeBuild project for server type github',
  cause:
    'CloudFormation makes the webhook with the credential of the source, or else with the one that the account has imported in this region',
  fix: 'name a connection in Source.Auth, or import a credential before the first deployment: aws codebuild import-source-credentials',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/access-tokens.html',
  *check(model) {
    let isImported: boolean | undefined;
    for (const project of model.projects) {
      const { source, webhook, resource, stack } = project;
      if (!webhook || source.auth || !SERVERS.includes(source.type)) continue;
      const found = {
        level: 'warning',
        place: resource.place,
        awsError: `Failed to call CreateWebhook, reason: Access token not found in CodeBuild project for server type ${source.type.toLowerCase()}`,
      } as const;
      const credential = credentialOf(project, model);
      if (credential?.stack === stack && !needs(project, credential)) {
        yield {
          ...found,
          message: `${calledBy(project)}: its webhook may be made before the credential ${credential.resource.logicalId}, on which it does not depend`,
          fix: `add DependsOn: ${credential.resource.logicalId} to the project`,
        };
      } else if (!credential && !(isImported ??= somebodyImports(model))) {
        yield {
          ...found,
          message: `${calledBy(project)}: a webhook of ${source.type} needs a credential; the source names none, and neither a template nor a file of this repository imports one into the account`,
        };
      }
    }
  },
};

function credentialOf({ stack, source }: Project, { stacks }: Model): Resource | undefined {
  const credentials = resourcesOf(stacks, 'AWS::CodeBuild::SourceCredential').filter(
    (found) =>
      found.stack.account === stack.account &&
      found.stack.region === stack.region &&
      text(found.resource.properties, 'ServerType') === source.type,
  );
  return credentials.find((found) => found.stack === stack) ?? credentials[0];
}

/** Directly or through others. */
function needs({ stack, resource }: Project, { resource: credential }: Resource): boolean {
  const seen = new Set<string>();
  const open = [resource];
  for (let one; (one = open.pop());) {
    if (one === credential) return true;
    seen.add(one.logicalId);
    const written = JSON.stringify(one.raw);
    const { dependsOn } = one;
    open.push(
      ...stack.resources.filter(
        ({ logicalId }) =>
          !seen.has(logicalId) && (dependsOn.includes(logicalId) || written.includes(`"${logicalId}"`)),
      ),
    );
  }
  return false;
}

/** A repository that says how the credential gets into the account knows that it is needed. */
function somebodyImports({ source }: Model): boolean {
  return [...source.files.keys()].some(
    (file) =>
      /(\.(md|adoc|rst|txt|sh)|Makefile|package\.json)$/i.test(file) && IMPORT.test(source.read(file) ?? ''),
  );
}
