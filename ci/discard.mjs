// Deletes the change sets of .artifacts/change-sets.tsv that were not executed: discard.mjs ARTIFACTS.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Deployer, placeOf, runAs, say } from './deployer.mjs';
import { rowsIn } from './left.mjs';

async function discard(artifacts) {
  const begun = path.join(artifacts, 'executed.tsv');
  const executed = new Set(existsSync(begun) ? rowsIn(begun).map(([stack]) => stack) : []);
  const left = rowsIn(path.join(artifacts, 'change-sets.tsv'))
    .filter(([stack, changeSet]) => changeSet !== '-' && !executed.has(stack))
    .map(([, changeSet]) => changeSet);
  if (left.length) await remove(new Deployer(placeOf(left[0])), left);
}

/** Deletes change sets; what cannot be deleted is told, and hides no error. */
export async function remove(deployer, changeSets) {
  await Promise.all(
    changeSets.map((one) =>
      deployer
        .cloudFormation('delete-change-set', '--change-set-name', one)
        .catch((error) => say(`WARNING: ${one} was not deleted, and can be executed: ${error.message}`)),
    ),
  );
}

// Imported, it only deletes what it is told.
if (path.basename(process.argv[1] ?? '') === 'discard.mjs') void runAs(discard);
