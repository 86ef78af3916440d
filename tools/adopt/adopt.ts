import path from 'node:path';
import { type Command, UserError } from '../command';
import { readConfig } from '../config';
import { checkJsonFile, writeJson } from '../json-file';
import { compare, pipelineFiles, replaceAll } from './copy';
import { PIPELINE } from './files';
import { type Finding, findingsOf } from './findings';
import { openRepository } from './repository';

/** What `--json` writes. When conflicts prevented the copy, nothing is `copied`, and they come first among the findings. */
export interface Adoption {
  readonly copied: readonly string[];
  readonly unchanged: readonly string[];
  readonly findings: readonly Finding[];
}

export const adopt: Command = {
  summary:
    "Copies buildspec.yml and ci/ into the application's git repository DIR, and says what else must change there.",
  positional: 'DIR',
  options: {
    config: { value: 'PATH', help: "the pipeline's configuration (default: config/mangoo.ts)" },
    force: { help: 'overwrites files there that differ' },
    json: { value: 'FILE', help: 'writes the result for programs' },
  },
  run(values, context, positionals) {
    const [directory, ...more] = positionals;
    if (directory === undefined || more.length > 0) {
      throw new UserError(
        `expected one DIR, the application's git repository, got ${positionals.length}; see npm run adopt -- --help`,
      );
    }
    const json = typeof values.json === 'string' ? path.resolve(context.cwd, values.json) : undefined;
    if (json !== undefined) checkJsonFile(json);
    const configName = typeof values.config === 'string' ? values.config : 'config/mangoo.ts';
    const config = readConfig(
      typeof values.config === 'string'
        ? path.resolve(context.cwd, configName)
        : path.join(PIPELINE, configName),
    );
    const repository = openRepository(directory, context);
    const files = pipelineFiles(config);

    const { changed, unchanged, conflicts } = compare(files, repository, values.force === true);
    const findings = findingsOf(repository, files, config, configName);
    if (conflicts.length === 0) replaceAll(repository.root, changed);
    const adoption: Adoption = {
      copied: conflicts.length === 0 ? changed.map((file) => file.path) : [],
      unchanged,
      findings: [...conflicts, ...findings],
    };

    for (const file of adoption.copied) context.out(`copied     ${file}`);
    for (const file of unchanged) context.out(`unchanged  ${file}`);
    for (const conflict of conflicts) context.out(`conflict   ${lineOf(conflict)}`);
    for (const finding of findings) context.out(`to change  ${lineOf(finding)}`);
    if (json !== undefined) writeJson(json, adoption);
    context.err(
      conflicts.length > 0
        ? `nothing was copied to ${repository.root}: ${conflicts.length} in the way`
        : `${adoption.copied.length} copied to ${repository.root}, ${findings.length} to change there`,
    );
    return Promise.resolve(conflicts.length > 0 ? 1 : 0);
  },
};

function lineOf({ file, message, fix }: Finding): string {
  return `${file}: ${message}; ${fix}`;
}
