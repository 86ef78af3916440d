import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import mangoo from '../../config/mangoo';
import type { EnvironmentConfig, PipelineConfig } from '../../lib/config';
import { MangooCodeBuildStack } from '../../lib/mangoo-codebuild-stack';

const ROOT = path.resolve(__dirname, '../..');

/** The pipeline alone: nobody is told, nothing is measured, refused or opened. */
export const OFF: Partial<PipelineConfig> = {
  notifications: undefined,
  imageScan: undefined,
  monitoring: undefined,
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
  const outdir = mkdtempSync(path.join(tmpdir(), 'mangoo-synth-'));
  try {
    const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8')) as {
      context: Record<string, unknown>;
    };
    const app = new App({ context, outdir, builtinCloudFormationValidation: validated });
    const stack = new MangooCodeBuildStack(app, 'MangooCodeBuildStack', {
      env,
      config: { ...mangoo, ...config },
      environment: { name: 'default', branch: 'main', ...environment },
    });
    const template = Template.fromStack(stack);
    return { app, stack, template, text: JSON.stringify(template.toJSON()) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
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
