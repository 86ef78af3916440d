import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Command, UserError } from '../../command';
import { checkJsonFile, writeJson } from '../../json-file';
import { Faults, FAULTS, type Fault, type FaultName } from '../faults';
import { toJson } from '../report/result';
import { summary } from '../report/summary';
import { simulatePush } from '../push';

/** Where a run leaves its log and its result; git-ignored. */
const RESULTS = '.simulator';

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
    fault: {
      value: 'NAME',
      multiple: true,
      help: `breaks something: ${Object.keys(FAULTS).join(', ')} (${'`'}--fault help${'`'})`,
    },
    require: {
      value: 'TOOLS',
      help: 'refuses to play these tools where they do not work here, e.g. docker,pip',
    },
    'endpoint-url': { value: 'URL', help: 'an emulator that runs already, instead of moto' },
    keep: { help: 'keeps the working directory (source, build, artifacts) and says where it is' },
    json: { value: 'FILE', help: 'writes the result for programs' },
  },
  async run(values, context) {
    const faults = values.fault as readonly string[] | undefined;
    if (faults?.includes('help')) {
      for (const [name, help] of Object.entries(FAULTS)) context.out(`${name.padEnd(17)} ${help}`);
      return 0;
    }
    const results = path.join(context.cwd, RESULTS);
    const jsonFile = typeof values.json === 'string' ? path.resolve(context.cwd, values.json) : undefined;
    if (jsonFile) checkJsonFile(jsonFile);
    const { result, directory } = await simulatePush(
      {
        source: path.resolve(context.cwd, (values.source as string | undefined) ?? '.'),
        branch: (values.branch as string | undefined) ?? 'main',
        config: path.resolve(context.cwd, (values.config as string | undefined) ?? 'config/example.ts'),
        faults: new Faults((faults ?? []).map(parseFault)),
        require: ((values.require as string | undefined) ?? '').split(',').filter(Boolean),
        endpointUrl: values['endpoint-url'] as string | undefined,
        keep: values.keep === true,
        results,
      },
      context,
    );
    const json = toJson(result);
    await mkdir(results, { recursive: true });
    writeJson(path.join(results, 'result.json'), json);
    if (jsonFile) writeJson(jsonFile, json);
    for (const line of summary(result)) context.out(line);
    context.out(`Result     ${path.join(results, 'result.json')}`);
    if (directory) context.out(`Kept       ${directory}`);
    return result.build?.status === 'SUCCEEDED' ? 0 : 1;
  },
};

function parseFault(text: string): Fault {
  const [name = '', ...rest] = text.split(':');
  if (!Object.hasOwn(FAULTS, name)) {
    throw new UserError(`--fault: unknown fault '${name}'; there are: ${Object.keys(FAULTS).join(', ')}`);
  }
  if (name === 'access-denied' && rest.length !== 2) {
    throw new UserError(
      `--fault access-denied needs the action, e.g. access-denied:ecr:PutImage, got '${text}'`,
    );
  }
  const phases = ['INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD'];
  if (name === 'command-fails' && rest.length && !phases.includes(rest.join(':'))) {
    throw new UserError(
      `--fault command-fails: expected one of ${phases.join(', ')}, got '${rest.join(':')}'`,
    );
  }
  return { name: name as FaultName, argument: rest.length ? rest.join(':') : undefined };
}
