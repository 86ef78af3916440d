// Writes .artifacts/templates.tsv: each stack that is deployed, and where the CDK CLI has put its template; none of a synthesizer that puts
// them nowhere: templates.mjs ARTIFACTS. By them, restore.mjs deploys the same again.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runAs, targetPlace } from './deployer.mjs';

function templates(artifacts) {
  const { account, region } = targetPlace();
  const wanted = process.env.CDK_STACK_NAME.split(/\s+/);
  const assembly = path.join(artifacts, 'cdk/cdk.out');
  const rows = readdirSync(assembly, { recursive: true })
    // Not those that assets may have.
    .filter((name) => path.basename(name) === 'manifest.json' && !/(?:^|[\\/])asset\./.test(name))
    .flatMap((name) => {
      const { artifacts: parts = {} } = JSON.parse(readFileSync(path.join(assembly, name), 'utf8'));
      return Object.entries(parts).map(([id, { properties = {} }]) => [
        properties.stackName ?? id,
        properties.stackTemplateAssetObjectUrl
          ?.replaceAll('${AWS::AccountId}', account)
          .replaceAll('${AWS::Region}', region),
      ]);
    })
    .filter(([stack, url]) => url && wanted.includes(stack))
    .map((row) => `${row.join('\t')}\n`);
  writeFileSync(path.join(artifacts, 'templates.tsv'), rows.join(''));
}

void runAs(templates);
