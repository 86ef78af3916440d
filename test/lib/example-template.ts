import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HERE, type TemplateJson } from './resolved';

const CDK = path.resolve(__dirname, '../../examples/mangoo/cdk');

/**
 * The template of the example's stack, with what a build gives to it. In a process of its own, as the build does it: the example finds its own packages where they are installed, and those of
 * this repository where they are not.
 */
export function synthesizeExample(variables: Readonly<Record<string, string>> = {}): TemplateJson {
  const { CDK_STACK_NAME = 'MangooStack' } = variables;
  const outdir = mkdtempSync(path.join(tmpdir(), 'mangoo-example-'));
  const image = (name: string): string =>
    `${HERE.account}.dkr.ecr.us-east-1.amazonaws.com/mangoo-${name}@sha256:${'a'.repeat(64)}`;
  const { context } = JSON.parse(readFileSync(path.join(CDK, 'cdk.json'), 'utf8')) as { context: object };
  try {
    const { stderr, status } = spawnSync(
      process.execPath,
      ['--require', require.resolve('ts-node/register/transpile-only'), 'bin/mangoo.ts'],
      {
        cwd: CDK,
        encoding: 'utf8',
        env: {
          ...process.env,
          CDK_CONTEXT_JSON: JSON.stringify({
            ...context,
            backendImage: image('backend'),
            frontendImage: image('frontend'),
          }),
          CDK_ENV: 'prod',
          CDK_OUTDIR: outdir,
          CDK_STACK_NAME,
          CDK_VALIDATION: 'false',
          ...variables,
        },
      },
    );
    if (status !== 0) throw new Error(`the example does not synthesize:\n${stderr}`);
    return JSON.parse(
      readFileSync(path.join(outdir, `${CDK_STACK_NAME}.template.json`), 'utf8'),
    ) as TemplateJson;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
