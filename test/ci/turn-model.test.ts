import { exportsOf } from './es-module';

/**
 * Three builds of one project, and all ways in which they can go on side by side: each step of each may be the next, each may
 * fail or be stopped at any of them, CloudFormation goes on by itself. Every state that can come to be is looked at, with the
 * very function that decides in a build.
 */

interface Seen {
  readonly number: number;
  readonly status: string;
  readonly phase: string;
}

interface Question {
  readonly number: number;
  readonly builds: readonly Seen[];
  readonly stacks: readonly { readonly name: string; readonly status: string }[];
  readonly live: { readonly standing: string; readonly commit?: string; readonly release?: string };
  readonly isRollback: boolean;
  readonly now: number;
}

interface Verdict {
  readonly verdict: keyof typeof AFTER;
  readonly reason: string;
}

const { decide } = exportsOf<{ decide: (question: Question) => Verdict }>('ci/turn.mjs');

/** Where a build is. It waits by looking again. */
type Place =
  | 'absent'
  | 'queued'
  | 'ready'
  | 'looks'
  | 'may deploy'
  | 'deploying'
  | 'verifying'
  | 'recorded'
  | 'stopping'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'STOPPED';

interface Build {
  readonly place: Place;
  /** What it has seen up to now. */
  readonly saw?: { readonly builds: readonly Seen[]; readonly stack?: string; readonly live?: string };
  /** It failed, or somebody stopped it: nothing more is asked of it. */
  readonly isBad?: true;
}

/** What becomes of a build by the verdict on it. */
const AFTER = {
  go: { place: 'may deploy' },
  wait: { place: 'ready' },
  superseded: { place: 'stopping' },
  refused: { place: 'FAILED' },
} as const satisfies Record<string, Build>;

interface State {
  readonly builds: readonly Build[];
  /** The commit that runs, and the one that CloudFormation is about to make run. */
  readonly runs: number;
  readonly changesTo?: number;
  /** The commit that is recorded as live. */
  readonly live: number;
}

interface Step {
  readonly to: State;
  /** What nobody wishes for: a failure, a stop, a rollback of CloudFormation's, a push that need not come. */
  readonly isUnwelcome?: true;
}

interface Setting {
  /** The commit of each build; a greater one contains the smaller ones. */
  readonly commits: readonly number[];
  /** How many builds the account may run at once. The order in which queued ones begin is not promised. */
  readonly quota: number;
  readonly rollback?: number;
}

const ENDED: readonly Place[] = ['SUCCEEDED', 'FAILED', 'STOPPED'];
const DEPLOYS: readonly Place[] = ['may deploy', 'deploying', 'verifying', 'recorded'];
const hasEnded = ({ place }: Build): boolean => ENDED.includes(place);
const runsNow = (build: Build): boolean => !hasEnded(build) && !['absent', 'queued'].includes(build.place);

/** As CodeBuild lists it. */
function seen(builds: readonly Build[]): Seen[] {
  return builds.flatMap((build, i) => {
    if (build.place === 'absent') return [];
    const status = hasEnded(build) ? build.place : 'IN_PROGRESS';
    return [{ number: i + 1, status, phase: build.place === 'queued' ? 'QUEUED' : 'POST_BUILD' }];
  });
}

/** All that can happen next. */
function steps(state: State, { commits, quota, rollback }: Setting): Step[] {
  const { builds, changesTo, live } = state;
  const found: Step[] = [];
  const becomes = (i: number, build: Build, more: Partial<State> = {}): State => ({
    ...state,
    builds: builds.map((other, j) => (i === j ? build : other)),
    ...more,
  });

  if (changesTo !== undefined) {
    const end = { changesTo: undefined };
    const i = builds.findIndex(({ place }) => place === 'deploying');
    // Whoever began it may be gone.
    if (i < 0) {
      found.push(
        { to: { ...state, ...end, runs: changesTo } },
        { to: { ...state, ...end }, isUnwelcome: true },
      );
    } else {
      found.push(
        { to: becomes(i, { place: 'verifying' }, { ...end, runs: changesTo }) },
        { to: becomes(i, { place: 'FAILED', isBad: true }, end), isUnwelcome: true },
      );
    }
  }

  const ask = (
    i: number,
    saw: readonly Seen[],
    stack = 'UPDATE_COMPLETE',
    standing = 'other',
  ): keyof typeof AFTER =>
    decide({
      number: i + 1,
      builds: saw,
      stacks: [{ name: 'MangooStack', status: stack }],
      live: { standing },
      isRollback: rollback === i + 1,
      now: 0,
    }).verdict;

  builds.forEach((build, i) => {
    const commit = commits[i] ?? 0;
    switch (build.place) {
      case 'absent':
        // Numbers are given in the order of the starts.
        if (i === 0 || builds[i - 1]?.place !== 'absent') {
          found.push({ to: becomes(i, { place: 'queued' }), isUnwelcome: true });
        }
        return;
      case 'queued':
        if (builds.filter(runsNow).length < quota) found.push({ to: becomes(i, { place: 'ready' }) });
        break;
      case 'ready': {
        const saw = seen(builds);
        const verdict = ask(i, saw);
        // What the builds alone decide, nothing that is seen later can change; it keeps the model small.
        if (verdict !== 'go') found.push({ to: becomes(i, AFTER[verdict]) });
        else found.push({ to: becomes(i, { place: 'looks', saw: { builds: saw } }) });
        break;
      }
      case 'looks': {
        const { saw = { builds: [] } } = build;
        const { stack, live: standing } = saw;
        // Side by side, so in any order; but the builds before both.
        if (stack === undefined) {
          const status = changesTo === undefined ? 'UPDATE_COMPLETE' : 'UPDATE_IN_PROGRESS';
          found.push({ to: becomes(i, { ...build, saw: { ...saw, stack: status } }) });
        }
        if (standing === undefined) {
          const how = live === commit ? 'same' : live > commit ? 'older' : 'other';
          found.push({ to: becomes(i, { ...build, saw: { ...saw, live: how } }) });
        }
        if (stack !== undefined && standing !== undefined)
          found.push({ to: becomes(i, AFTER[ask(i, saw.builds, stack, standing)]) });
        break;
      }
      case 'may deploy':
        found.push({ to: becomes(i, { place: 'deploying' }, { changesTo: commit }) });
        break;
      case 'verifying':
        found.push({ to: becomes(i, { place: 'recorded' }, { live: commit }) });
        break;
      case 'recorded':
        found.push({ to: becomes(i, { place: 'SUCCEEDED' }) });
        break;
      case 'stopping':
        found.push({ to: becomes(i, { place: 'STOPPED' }) });
        break;
      default:
    }
    if (hasEnded(build)) return;
    // Of itself or because somebody stops it: to the others it is the same.
    found.push({ to: becomes(i, { place: 'FAILED', isBad: true }), isUnwelcome: true });
  });
  return found;
}

/** Every state that can come to be, with what can happen next, and the state before it. */
class Model {
  readonly states = new Map<string, { state: State; next: readonly (Step & { key: string })[] }>();

  constructor(readonly setting: Setting) {
    const first: State = { builds: setting.commits.map(() => ({ place: 'absent' })), runs: 0, live: 0 };
    const open = [first];
    while (open.length) {
      const state = open.pop() as State;
      const key = JSON.stringify(state);
      if (this.states.has(key)) continue;
      const next = steps(state, setting).map((step) => ({ ...step, key: JSON.stringify(step.to) }));
      this.states.set(key, { state, next });
      open.push(...next.map(({ to }) => to));
    }
  }

  /** Those in which something is as it must not be. */
  having(wrong: (state: State) => boolean): State[] {
    return [...this.states.values()].map(({ state }) => state).filter(wrong);
  }

  /** Those from which, if nothing unwelcome happens, no state can be reached that is as it should be. */
  without(good: (state: State) => boolean, among: (state: State) => boolean = () => true): State[] {
    const before = new Map<string, string[]>();
    for (const [key, { next }] of this.states) {
      for (const step of next) {
        if (!step.isUnwelcome) before.set(step.key, [...(before.get(step.key) ?? []), key]);
      }
    }
    const reaching = new Set<string>();
    const open = [...this.states].filter(([, { state }]) => good(state)).map(([key]) => key);
    while (open.length) {
      const key = open.pop() as string;
      if (reaching.has(key)) continue;
      reaching.add(key);
      open.push(...(before.get(key) ?? []));
    }
    return [...this.states]
      .filter(([key, { state }]) => !reaching.has(key) && among(state))
      .map(([, { state }]) => state);
  }

  /** Everything has come to an end. */
  isOver({ builds, changesTo }: State): boolean {
    return changesTo === undefined && builds.every((build) => hasEnded(build) || build.place === 'absent');
  }

  /** The commits of the builds that succeeded. */
  succeeded({ builds }: State): number[] {
    return this.setting.commits.filter((_, i) => builds[i]?.place === 'SUCCEEDED');
  }
}

const shown = (states: readonly State[]): unknown => states.slice(0, 1);

describe.each([
  ['each a newer commit, all at once', { commits: [1, 2, 3], quota: 3 }],
  ['each a newer commit, where two may run', { commits: [1, 2, 3], quota: 2 }],
  [
    'each a newer commit, where one may run and the others queue in no order',
    { commits: [1, 2, 3], quota: 1 },
  ],
  ['one of them a commit that is older than what came before', { commits: [2, 1, 3], quota: 3 }],
  ['the last of them an old commit once more', { commits: [1, 2, 1], quota: 3 }],
  ['all of one commit', { commits: [1, 1, 1], quota: 3 }],
  ['the last of them a rollback', { commits: [1, 2, 1], quota: 3, rollback: 3 }],
] as const)('three builds: %s', (_, setting) => {
  let model: Model;
  beforeAll(() => {
    model = new Model(setting);
  });

  test('never do two deploy at once, so that no release is a mixture', () => {
    const two = model.having(
      ({ builds }) => builds.filter(({ place }) => DEPLOYS.includes(place)).length > 1,
    );

    expect(shown(two)).toEqual([]);
  });

  test('none deploys into a stack that still changes after a build that was stopped', () => {
    const early = model.having(
      ({ builds, changesTo }) =>
        changesTo !== undefined && builds.some(({ place }) => ['may deploy', 'verifying'].includes(place)),
    );

    expect(shown(early)).toEqual([]);
  });

  test('none waits for ever: from wherever they are, all come to an end by themselves', () => {
    expect(shown(model.without((state) => model.isOver(state)))).toEqual([]);
  });

  test('one that fails or is stopped holds nobody up: the newest can still come to its turn', () => {
    const newest = ({ builds }: State): Build | undefined =>
      builds.findLast(({ place }) => place !== 'absent');
    const stuck = model.without(
      (state) => ['SUCCEEDED', 'FAILED', 'STOPPED'].includes(newest(state)?.place ?? ''),
      (state) => newest(state) !== undefined,
    );

    expect(shown(stuck)).toEqual([]);
    const superseded = model.having((state) => newest(state)?.place === 'stopping');
    expect(shown(superseded)).toEqual([]);
  });

  test('what is recorded as live is never older than what succeeded, unless it was rolled back', () => {
    const { commits, rollback } = model.setting;
    const went = (state: State): boolean =>
      rollback !== undefined &&
      state.live === commits[rollback - 1] &&
      ['recorded', ...ENDED].includes(state.builds[rollback - 1]?.place ?? '');
    const older = model.having(
      (state) => !went(state) && model.succeeded(state).some((commit) => commit > state.live),
    );

    expect(shown(older)).toEqual([]);
  });

  test('the newest build runs in the end, if it did not fail, whatever became of the others', () => {
    const { commits } = model.setting;
    const last = commits.length - 1;
    const wrong = model.having(
      (state) =>
        model.isOver(state) &&
        state.builds[last]?.place === 'SUCCEEDED' &&
        (state.runs !== commits[last] || state.live !== commits[last]),
    );

    expect(shown(wrong)).toEqual([]);
  });
});

describe('three builds, each a newer commit', () => {
  const model = new Model({ commits: [1, 2, 3], quota: 3 });

  test('the newest that did not fail runs in the end, or nothing newer has succeeded', () => {
    const wrong = model.having(
      (state) => model.isOver(state) && model.succeeded(state).some((commit) => commit > state.runs),
    );

    expect(shown(wrong)).toEqual([]);
  });

  test('the last one deploys unless something happens to it: it is neither refused nor superseded', () => {
    const wrong = model.having(
      ({ builds: [, , last] }) =>
        !!last && !last.isBad && ['stopping', 'STOPPED', 'FAILED'].includes(last.place),
    );

    expect(shown(wrong)).toEqual([]);
  });

  test('an older one can deploy when the newer ones have failed before its turn, so that their failure costs nobody else', () => {
    const lost = model.without(
      ({ builds: [first] }) => first?.place === 'SUCCEEDED',
      ({ builds: [first, second, third], live }) =>
        first?.place === 'ready' && second?.place === 'FAILED' && third?.place === 'FAILED' && live === 0,
    );

    expect(shown(lost)).toEqual([]);
  });

  test('the model is no empty promise: thousands of states, in which builds wait, stop themselves, and crash while they deploy', () => {
    expect(model.states.size).toBeGreaterThan(1000);
    for (const place of ['stopping', 'deploying', 'recorded', 'STOPPED'] as const) {
      expect(
        model.having(({ builds }) => builds.some((build) => build.place === place)).length,
      ).toBeGreaterThan(0);
    }
    const left = model.having(
      ({ builds, changesTo }) =>
        changesTo !== undefined && !builds.some(({ place }) => place === 'deploying'),
    );
    expect(left.length).toBeGreaterThan(0);
  });
});

test('a rollback comes to its turn whatever the others do, and is not refused for being one', () => {
  const model = new Model({ commits: [1, 2, 1], quota: 3, rollback: 3 });
  const lost = model.without(
    ({ builds: [, , last] }) => last?.place === 'SUCCEEDED',
    ({ builds: [, , last] }) => last?.place === 'ready',
  );

  expect(shown(lost)).toEqual([]);
});
