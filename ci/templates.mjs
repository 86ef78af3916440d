// Writes what is known of the stacks that are deployed, by their assembly: templates.mjs ARTIFACTS
//   .artifacts/templates.tsv: each, and where the CDK CLI has put its template; none of a synthesizer that puts them nowhere. By them,
//   restore.mjs deploys the same again.
//   .artifacts/references.tsv: each, and another of them whose outputs it reads without an import.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ended, runAs, targetPlace } from './deployer.mjs';

function templates(artifacts) {
  const { account, region } = targetPlace();
  const wanted = process.env.CDK_STACK_NAME.split(/\s+/);
  const assembly = path.join(artifacts, 'cdk/cdk.out');
  const stacks = readdirSync(assembly, { recursive: true })
    // Not those that assets may have.
    .filter((name) => path.basename(name) === 'manifest.json' && !/(?:^|[\\/])asset\./.test(name))
    .flatMap((name) => {
      const { artifacts: parts = {} } = parsedFile(path.join(assembly, name));
      return Object.entries(parts).map(([id, { properties = {} }]) => ({
        stack: properties.stackName ?? id,
        url: properties.stackTemplateAssetObjectUrl
          ?.replaceAll('${AWS::AccountId}', account)
          .replaceAll('${AWS::Region}', region),
        file: properties.templateFile && path.join(assembly, path.dirname(name), properties.templateFile),
      }));
    })
    .filter(({ stack }) => wanted.includes(stack));
  const put = stacks.filter(({ url }) => url).map(({ stack, url }) => [stack, url]);
  writeRows(path.join(artifacts, 'templates.tsv'), put);
  const read = stacks
    .filter(({ file }) => file)
    .flatMap(({ stack, file }) => weakReferences(parsedFile(file)).map((other) => [stack, other]));
  const references = read.filter(([, other]) => wanted.includes(other));
  const late = references.filter(([stack, other]) => wanted.indexOf(other) > wanted.indexOf(stack));
  if (late.length) {
    const told = ([stack, other]) =>
      `${stack} reads outputs of ${other}, which is deployed after it: put ${other} before ${stack} in application.stacks of the pipeline's configuration, and deploy the pipeline`;
    throw new Ended(1, ...late.map(told));
  }
  writeRows(path.join(artifacts, 'references.tsv'), references);
}

function parsedFile(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function writeRows(file, rows) {
  writeFileSync(file, rows.map((row) => `${row.join('\t')}\n`).join(''));
}

/**
 * The stacks whose outputs a template reads as they are: CloudFormation keeps these from no change, and tells nobody of one.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 */
export function weakReferences(value) {
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.entries(value).flatMap(([key, inner]) =>
    key === 'Fn::GetStackOutput' ? [inner?.StackName] : weakReferences(inner),
  );
  return [...new Set(found)].filter((name) => typeof name === 'string');
}

// Imported, it only reads.
if (path.basename(process.argv[1] ?? '') === 'templates.mjs') void runAs(templates);
