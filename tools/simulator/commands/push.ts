import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, UserError } from '../../command';
import { checkJsonFile, writeJson } from '../../json-file';
import { htmlReport } from '../report/html/report';
import { readLog } from '../report/log-excerpt';
import { toJson } from '../report/result';
import { summary } from '../report/summary';
import { simulatePush } from '../push';
import { faultsOf, listOf, OPTIONS, VERBOSE } from './options';
import { RESULTS } from './results';

export const push: Command = {
  summary:
    'Plays a push: deploys the pipeline into an emulated AWS, builds the commit, deploys the application, verifies it.',
  options: {
    source: {
      value: 'DIR',
      help: "the application's git repository (default: this one); what is committed is pushed",
    },
    branch: { value: 'NAME', help: 'the branch that is pushed to (default: main)' },
    config: { value: 'PATH', help: "the pipeline's configuration (default: config/example.ts)" },
    event: { value: 'FILE', help: "GitHub's payload of a pull request, tag or release, instead of a push" },
    approve: {
      help: 'a maintainer approves the pull request of --event by a comment, where its build waits for one',
    },
    ...OPTIONS,
    state: { value: 'DIR', help: 'keeps the emulated AWS there between runs' },
    keep: { help: 'keeps the working directory (source, build, artifacts) and says where it is' },
    verbose: VERBOSE,
    json: { value: 'FILE', help: 'writes the result for programs' },
  },
  async run(values, context) {
    const text = (name: string): string | undefined => values[name] as string | undefined;
    const absolute = (name: string): string | undefined =>
      text(name) === undefined ? undefined : path.resolve(context.cwd, text(name) ?? '');
    if (values.approve === true && values.event === undefined) {
      throw new UserError(
        '--approve: expected the pull request that is approved; give its payload by --event FILE',
      );
    }
    const results = path.join(context.cwd, RESULTS);
    const jsonFile = absolute('json');
    if (jsonFile) checkJsonFile(jsonFile);
    const { result, directory } = await simulatePush(
      {
        source: absolute('source') ?? context.cwd,
        branch: text('branch') ?? 'main',
        event: absolute('event'),
        approve: values.approve === true,
        config: absolute('config') ?? path.resolve(context.cwd, 'config/example.ts'),
        faults: faultsOf(values.fault as readonly string[] | undefined),
        require: listOf(text('require')),
        endpointUrl: text('endpoint-url'),
        state: absolute('state'),
        keep: values.keep === true,
        verbose: values.verbose === true,
        results,
      },
      context,
    );
    const json = toJson(result);
    await mkdir(results, { recursive: true });
    writeJson(path.join(results, 'result.json'), json);
    if (jsonFile) writeJson(jsonFile, json);
    const report = path.join(results, 'report.html');
    await writeFile(report, htmlReport(result, result.build && (await readLog(result.build.log))));
    for (const line of summary(result, context.terminals?.out?.columns)) context.out(line);
    context.out(`Report     ${report}`);
    context.out(`Result     ${path.join(results, 'result.json')}`);
    if (directory) context.out(`Kept       ${directory}`);
    return result.build?.status === 'SUCCEEDED' ? 0 : 1;
  },
};
