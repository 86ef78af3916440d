import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { projectsOf } from '../../../tools/preflight/model/project';
import { rolesOf } from '../../../tools/preflight/model/role';
import { readAssembly, stacksOf } from '../../../tools/preflight/model/stacks';
import type { Stack as Read } from '../../../tools/preflight/model/stack';

let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(path.join(tmpdir(), 'synthesized-'));
});
afterEach(() => rmSync(outdir, { recursive: true, force: true }));

function synthesized(reference: 'weak' | 'strong', build: (app: App) => void): Read[] {
  const app = new App({
    outdir,
    analyticsReporting: false,
    context: { '@aws-cdk/core:defaultCrossStackReferences': reference, 'aws:cdk:enable-path-metadata': true },
  });
  build(app);
  app.synth();
  return stacksOf(readAssembly(outdir, 'cdk.out'));
}

test.each(['weak', 'strong'] as const)(
  "a project's role and repository are followed through the CDK's %s references and nested stacks",
  (reference) => {
    const stacks = synthesized(reference, (app) => {
      const env = { account: '111111111111', region: 'us-east-1' };
      const stage = new Stage(app, 'Prod', { env });
      const images = new Stack(stage, 'Images');
      const repository = new ecr.Repository(images, 'App', { repositoryName: 'app' });
      const role = new iam.Role(images, 'Role', {
        assumedBy: new iam.ServicePrincipal('codebuild.amazonaws.com'),
      });
      role.addToPolicy(
        new iam.PolicyStatement({ actions: ['ecr:PutImage'], resources: [repository.repositoryArn] }),
      );
      const pipeline = new Stack(stage, 'Pipeline');
      const nested = new NestedStack(pipeline, 'Nested');
      new codebuild.Project(nested, 'Project', {
        role: role.withoutPolicyUpdates(),
        buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2' }),
        environmentVariables: { REPOSITORY: { value: repository.repositoryUri } },
      });
    });
    expect(stacks.map(({ name }) => name).sort()).toEqual([
      'Prod-Images',
      'Prod-Pipeline',
      expect.stringMatching(/^Prod-Pipeline\/Nested/),
    ]);
    const [project] = projectsOf(stacks, rolesOf(stacks));
    expect(project?.environment.variables).toEqual([
      { name: 'REPOSITORY', value: '111111111111.dkr.ecr.us-east-1.amazonaws.com/app', type: 'PLAINTEXT' },
    ]);
    expect(project?.role?.resource.place.resource).toBe('Prod/Images/Role');
    expect(project?.role?.policies.map(({ name }) => name)).toEqual([
      expect.stringContaining('DefaultPolicy'),
    ]);
    expect(project?.resource.place.resource).toBe('Prod/Pipeline/Nested/Project');
    expect(project?.resource.place.line).toBeGreaterThan(1);
  },
);
