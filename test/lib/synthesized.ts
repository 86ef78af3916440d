import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, type Environment, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import mangoo from '../../config/mangoo';
import type { EnvironmentConfig, PipelineConfig } from '../../lib/config';
import { validate } from '../../lib/config-validation';
import { MangooCodeBuildStack } from '../../lib/mangoo-codebuild-stack';
import { addStacks } from '../../lib/stacks';

const ROOT = path.resolve(__dirname, '../..');

/** The pipeline alone: nobody is told, nothing is measured, refused or opened. */
export const OFF: Partial<PipelineConfig> = {
  notifications: undefined,
  imageScan: undefined,
  monitoring: undefined,
  pullRequests: undefined,
};

/** Everything that a configuration can ask for. */
export const ON: Partial<PipelineConfig> = {
  build: { ...mangoo.build, debugSessions: true },
  notifications: {
    email: ['team@example.com'],
    https: ['https://hooks.example.com/builds'],
    slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' },
    onSuccess: true,
  },
  imageScan: {
    refuse: 'HIGH',
    allowed: [{ id: 'CVE-2026-12345', reason: 'we parse no XML', until: '2028-02-29' }],
  },
  monitoring: { maxBuildMinutes: 20, minSuccessPercent: 95, minCacheHitPercent: 80 },
};

export interface Synthesized {
  readonly app: App;
  readonly stack: MangooCodeBuildStack;
  readonly template: Template;
  /** The template's text, for what must appear nowhere in it. */
  readonly text: string;
}

export interface Wishes {
  readonly config?: Partial<PipelineConfig>;
  readonly environment?: Partial<EnvironmentConfig>;
  /** @default - environment-agnostic */
  readonly env?: Environment;
  /**
   * CDK's own check of the template, which takes seconds.
   *
   * @default false
   */
  readonly validated?: boolean;
}

/** The pipeline's stack as `cdk synth` makes it: config/mangoo.ts but for what the test wishes, feature flags of cdk.json. */
export function synthesize({ config, environment, env, validated = false }: Wishes = {}): Synthesized {
  const app = newApp(validated);
  try {
    const stack = new MangooCodeBuildStack(app, 'MangooCodeBuildStack', {
      env,
      config: { ...mangoo, ...config },
      environment: { name: 'default', branch: 'main', ...environment },
    });
    const template = Template.fromStack(stack);
    return { app, stack, template, text: JSON.stringify(template.toJSON()) };
  } finally {
    rmSync(app.outdir, { recursive: true });
  }
}

/** All stacks of a configuration, by their names. */
export function synthesizeAll(
  config: PipelineConfig,
  { validated = false }: Pick<Wishes, 'validated'> = {},
): { app: App; stacks: Readonly<Record<string, { stack: Stack; template: Template; text: string }>> } {
  validate(config, 'the test');
  const app = newApp(validated);
  try {
    addStacks(app, config);
    const stacks = app.node.children.filter((child) => Stack.isStack(child));
    return {
      app,
      stacks: Object.fromEntries(
        stacks.map((stack) => {
          const template = Template.fromStack(stack);
          return [stack.stackName, { stack, template, text: JSON.stringify(template.toJSON()) }];
        }),
      ),
    };
  } finally {
    rmSync(app.outdir, { recursive: true });
  }
}

function newApp(validated: boolean): App {
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const outdir = mkdtempSync(path.join(tmpdir(), 'mangoo-synth-'));
  return new App({ context, outdir, builtinCloudFormationValidation: validated });
}

/** What `cdk synth` prints of a stack, as `warning: …`. */
export function annotations(stack: MangooCodeBuildStack): string[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata.filter(({ type }) => /^aws:cdk:(?:info|warning|error)$/.test(type)))
    .map(({ type, data }) => `${type.replace('aws:cdk:', '')}: ${String(data)}`);
}

/** The only resource of its type, with these properties where several are of it. */
export function only(
  template: Template,
  type: string,
  Properties: Record<string, unknown> = {},
): { id: string; Properties: Record<string, unknown> } {
  const found = Object.entries(template.findResources(type, { Properties }));
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`expected one ${type}, found ${found.length}`);
  return { id: first[0], Properties: first[1].Properties as Record<string, unknown> };
}
