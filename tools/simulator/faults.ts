import { UserError } from '../command';

/** What is asked to go wrong: `access-denied:ecr:PutImage` of the command line, taken apart. */
export interface Fault {
  readonly name: FaultName;
  readonly argument?: string;
}

interface Kind {
  /** What is broken, and where. */
  readonly breaks: string;
  /** How the run ends. */
  readonly end: string;
  /** What may follow the colon. */
  readonly argument?: {
    readonly name: string;
    readonly pattern: RegExp;
    /** Without an argument: this one; `every` for all that could be named; undefined where one must be given. */
    readonly byDefault?: string;
    readonly example: string;
  };
}

/** Stands for all that could be named. */
const EVERY = 'every';

function phase(byDefault: string): Required<NonNullable<Kind['argument']>> {
  return { name: 'PHASE', pattern: /^(INSTALL|PRE_BUILD|BUILD|POST_BUILD)$/, byDefault, example: byDefault };
}

function named(name: string, example: string, byDefault = EVERY): Required<NonNullable<Kind['argument']>> {
  return { name, pattern: /^[\w./-]+$/, byDefault, example };
}

/**
 * What a run can be asked to break, so that its end can be looked at. Each part of the simulator asks for its own fault by
 * name; nothing else knows of it.
 */
export const FAULTS = {
  'command-fails': {
    breaks: 'the first command of a phase exits with 1',
    end: 'FAILED there; what ran before keeps running',
    argument: phase('BUILD'),
  },
  'build-fails': {
    breaks: 'the Dockerfile in a folder of the source copies a file that is not there',
    end: 'FAILED in BUILD; nothing is pushed',
    argument: named('FOLDER', 'frontend'),
  },
  'push-fails': {
    breaks: "the registry refuses docker's push: the login has expired",
    end: 'FAILED in POST_BUILD; nothing is deployed',
    argument: named('REPOSITORY', 'mangoo-frontend'),
  },
  'tag-exists': {
    breaks: 'somebody pushes another image under the same immutable tag, just before',
    end: 'SUCCEEDED: what the registry has is deployed, as ci/push.sh says',
    argument: named('REPOSITORY', 'mangoo-backend'),
  },
  'scan-finds': {
    breaks: 'the scan of every pushed image finds a vulnerability: SEVERITY, and the id that it shall have',
    end: 'FAILED in POST_BUILD where imageScan.refuse says so, and nothing is deployed; else SUCCEEDED, with a message',
    argument: {
      name: 'SEVERITY[:CVE]',
      pattern: /^(CRITICAL|HIGH|MEDIUM|LOW|INFORMATIONAL|UNDEFINED)(:CVE-\d{4}-\d{4,19})?$/,
      byDefault: 'CRITICAL',
      example: 'HIGH:CVE-2026-12345',
    },
  },
  'scan-never-ends': {
    breaks: 'the scan of a pushed image stays IN_PROGRESS (imageScan.waitSeconds is made 5)',
    end: 'FAILED in POST_BUILD where imageScan.refuse is set, and nothing is deployed; else SUCCEEDED',
    argument: named('REPOSITORY', 'mangoo-backend'),
  },
  'registry-throttles': {
    breaks: "the registry answers docker's first N writes with 429, toomanyrequests",
    end: 'SUCCEEDED: ci/push.sh tries four times; FAILED in POST_BUILD when N is more than that allows',
    argument: { name: 'N', pattern: /^[1-9]\d{0,5}$/, byDefault: '1', example: '3' },
  },
  throttled: {
    breaks:
      'AWS throttles the first N calls of an operation that the build makes, with any role (N: 2); not what CloudFormation calls, which tries again by itself',
    end: 'SUCCEEDED where the caller tries again often enough, as the AWS CLI does, 6 times in all; else FAILED there',
    argument: {
      name: 'SERVICE:OPERATION[:N]',
      pattern: /^[a-z0-9-]+:[A-Z]\w*(:[1-9]\d{0,5})?$/,
      byDefault: EVERY,
      example: 'ecr:BatchGetImage:3',
    },
  },
  'parameter-missing': {
    breaks: 'the build refers to a parameter of SSM that is not there',
    end: 'FAILED in DOWNLOAD_SOURCE; no command runs',
    argument: named('NAME', '/mangoo/api-key', '/mangoo/not-there'),
  },
  'access-denied': {
    breaks: 'IAM denies an action to the build and to all that acts for it',
    end: 'FAILED where it is needed',
    argument: { name: 'ACTION', pattern: /^[a-z0-9-]+:[A-Z]\w*$/, example: 'ecr:PutImage' },
  },
  'stack-rolls-back': {
    breaks: "a resource of the application's stack fails",
    end: 'FAILED in POST_BUILD; the stack is as before',
    argument: {
      name: 'TYPE',
      pattern: /^\w+(::\w+)+$/,
      byDefault: 'AWS::ECS::Service',
      example: 'AWS::ECS::TaskDefinition',
    },
  },
  'stack-busy': {
    breaks: "somebody else's operation begins on the stack just before the build's",
    end: 'FAILED in POST_BUILD; the stack is as before',
    argument: named('STACK', 'MangooStack'),
  },
  'rollout-fails': {
    breaks: 'the new tasks stop; the circuit breaker of ECS rolls the service back',
    end: 'FAILED in POST_BUILD; the old tasks run, the stack is as before',
    argument: named('SERVICE', 'mangoo-backend-service'),
  },
  'rollout-never-stable': {
    breaks: 'the new tasks stop again and again once the stack is done (ROLLOUT_TIMEOUT_SECONDS is made 5)',
    end: 'FAILED in POST_BUILD by the timeout of ci/verify.sh; latest is not moved',
    argument: named('SERVICE', 'mangoo-frontend-service'),
  },
  'two-pushes': {
    breaks: 'somebody else pushes on top while the build is in BUILD; both builds run',
    end: 'STOPPED: it makes way, and the newer release is live, whole',
  },
  'push-during-deploy': {
    breaks: 'somebody else pushes on top while the build deploys a stack; both builds run',
    end: 'SUCCEEDED; the newer build waits for it, and its release is live, whole',
  },
  'build-stopped': {
    breaks: 'somebody stops the build in a phase',
    end: 'STOPPED; no command runs after that',
    argument: phase('BUILD'),
  },
  'times-out': {
    breaks: "the project's timeout comes in a phase",
    end: 'TIMED_OUT; no command runs after that',
    argument: phase('BUILD'),
  },
  'disk-full': {
    breaks: 'the first command of a phase writes to a full device',
    end: 'FAILED there; what ran before keeps running',
    argument: phase('BUILD'),
  },
  'credentials-expired': {
    breaks: "AWS refuses the build's credentials from a phase on: they have expired",
    end: 'FAILED at the next call to AWS; docker stays logged in',
    argument: phase('POST_BUILD'),
  },
} as const satisfies Record<string, Kind>;

export type FaultName = keyof typeof FAULTS;

/** The faults that are asked for. */
export class Faults {
  private counts = new Map<string, number>();

  constructor(private faults: readonly Fault[] = []) {}

  /** Asks for others from now on. */
  replace(faults: readonly Fault[]): void {
    this.faults = faults;
    this.counts = new Map();
  }

  /** The argument of each fault of that name that was asked for, or what stands for it. */
  of(name: FaultName): readonly string[] {
    const { argument }: Kind = FAULTS[name];
    return this.faults
      .filter((fault) => fault.name === name)
      .map((fault) => fault.argument ?? argument?.byDefault ?? EVERY);
  }

  /** Whether that fault was asked for, of `what` or of every one. */
  asks(name: FaultName, what: string = EVERY): boolean {
    return this.of(name).some((wanted) => wanted === what || wanted === EVERY);
  }

  /** Counts what a fault has broken, of `what` if there are several: true for the first `times`. */
  first(name: FaultName, times = 1, what = ''): boolean {
    const key = `${name} ${what}`;
    const count = this.counts.get(key) ?? 0;
    this.counts.set(key, count + 1);
    return count < times;
  }

  /** Whether an operation is throttled, this time. */
  throttles(operation: string): boolean {
    return this.of('throttled').some((wanted) => {
      const [service, name, times = '2'] = wanted.split(':');
      const fits = wanted === EVERY || `${service}:${name}` === operation;
      return fits && this.first('throttled', Number(times), operation);
    });
  }

  /** What was asked for, as on the command line. */
  asked(): string[] {
    return this.faults.map(({ name, argument }) => [name, argument].filter(Boolean).join(':'));
  }
}

/**
 * A fault as the command line has it.
 *
 * @throws UserError that says what is expected
 */
export function parseFault(text: string): Fault {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const given = colon < 0 ? undefined : text.slice(colon + 1);
  if (!isFault(name)) {
    throw new UserError(`--fault unknown fault '${name}'; there are: ${Object.keys(FAULTS).join(', ')}`);
  }
  const { argument }: Kind = FAULTS[name];
  if (!argument) {
    if (given === undefined) return { name };
    throw new UserError(`--fault ${name}: takes nothing after a colon, got '${given}'`);
  }
  const example = `${name}:${argument.example}`;
  if (given === undefined && argument.byDefault === undefined) {
    throw new UserError(`--fault ${name}: expected ${argument.name} after a colon, e.g. ${example}`);
  }
  if (given !== undefined && !argument.pattern.test(given)) {
    throw new UserError(`--fault ${name}: expected ${argument.name}, e.g. ${example}, got '${given}'`);
  }
  return { name, argument: given };
}

function isFault(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** How a fault is written, e.g. `push-fails[:REPOSITORY]`, and one that could be tried. */
export function formsOf(name: FaultName): { form: string; example: string } {
  const { argument }: Kind = FAULTS[name];
  if (!argument) return { form: name, example: name };
  const { byDefault, example } = argument;
  return {
    form: byDefault === undefined ? `${name}:${argument.name}` : `${name}[:${argument.name}]`,
    example: `${name}:${example}`,
  };
}
