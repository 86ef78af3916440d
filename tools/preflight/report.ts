import { maskedLines } from '../../lib/notifier/secrets';
import { hasColours, type Style, styled } from '../colours';
import type { Context } from '../command';
import { cut, folded, plain } from '../text';
import type { Checked } from './check';
import type { Finding } from './finding';
import type { Model } from './model/model';

/** Of one rule in one file, so many are shown: the hundredth tells no more than the first ones. */
const SHOWN = 10;
const EXCERPT_COLUMNS = 120;
const LEVELS: Readonly<Record<Finding['level'], Style>> = { error: 'red', warning: 'yellow' };

export interface Outcome extends Checked {
  readonly model: Model;
  readonly rules: number;
  /** A line each: what the rules could not see. */
  readonly notSeen: readonly string[];
  readonly unused: readonly Unneeded[];
}

/** What the role of a project is allowed, and nothing that was read needs. */
export interface Unneeded {
  readonly project: string;
  readonly policy: string;
  readonly statement: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** The report for a person: by file, each finding with its line, what AWS would say, why, and the fix. */
export function printed(outcome: Outcome, { env, terminals }: Pick<Context, 'env' | 'terminals'>): string[] {
  const terminal = terminals?.out;
  const printer = new Printer(hasColours(env, terminal !== undefined), terminal?.columns || Infinity);
  return printer.report(outcome);
}

class Printer {
  /** What AWS says, by the rules whose cause has been told. */
  private readonly told = new Map<string, string | undefined>();

  constructor(
    private readonly colours: boolean,
    private readonly columns: number,
  ) {}

  report(outcome: Outcome): string[] {
    const { findings, model, notSeen, unused } = outcome;
    const names = [...new Set(findings.map(({ place }) => place.file))];
    const files = names.flatMap((name) =>
      this.file(
        name,
        findings.filter(({ place }) => place.file === name),
        model,
      ),
    );
    const actions = unused.reduce((sum, each) => sum + each.actions.length, 0);
    const advice = actions
      ? [
          `not needed, as far as can be seen: ${counted(actions, 'permission')} of build roles; --json FILE lists them`,
        ]
      : [];
    return [
      ...files,
      this.styled('bold', summary(outcome)),
      ...[...notSeen.map((what) => `not seen: ${what}`), ...advice].flatMap((text) =>
        this.folded('', text).map((line) => this.styled('dim', line)),
      ),
    ];
  }

  private file(file: string, findings: readonly Finding[], model: Model): string[] {
    const lines = model.source.read(file)?.split('\n') ?? [];
    const shown = new Map<string, number>();
    const texts = findings.flatMap((finding) => {
      const count = (shown.get(finding.id) ?? 0) + 1;
      shown.set(finding.id, count);
      return count > SHOWN ? [] : this.finding(finding, lines[finding.place.line - 1]);
    });
    for (const [id, count] of shown) {
      if (count > SHOWN) texts.push(`  … and ${count - SHOWN} more of ${id}: --json FILE has them all`, '');
    }
    return [this.styled('bold', plain(file)), ...texts];
  }

  private finding(finding: Finding, source: string | undefined): string[] {
    const { id, rule, level, place, message, awsError, cause, fix } = finding;
    const where = place.resource ?? (place.line ? String(place.line) : '');
    const texts = [
      ...(source === undefined ? [] : [this.styled('dim', excerpt(source))].filter(Boolean)),
      ...this.folded('', message),
    ];
    const first = !this.told.has(id);
    if (awsError !== undefined && awsError !== this.told.get(id))
      texts.push(...this.folded('AWS: ', awsError));
    if (first) texts.push(...this.folded('why: ', cause));
    this.told.set(id, awsError);
    texts.push(...this.folded('fix: ', fix));
    return [
      `  ${[plain(where), this.styled(LEVELS[level], level), id, rule].filter(Boolean).join(' ')}`,
      ...texts.map((text) => `    ${text}`),
      '',
    ];
  }

  private folded(label: string, text: string): string[] {
    return folded(label + text, this.columns - 4, ' '.repeat(label.length));
  }

  private styled(style: Style, text: string): string {
    return this.colours && text ? styled(style, text) : text;
  }
}

/** `2 errors, 1 warning in buildspec.yml; 3 suppressed; 88 rules over 1 project, 2 stacks, 14 commands` */
function summary({ findings, suppressed, faults, model, rules }: Outcome): string {
  const of = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const files = [...new Set(findings.map(({ place }) => place.file))].map(plain);
  const named =
    files.length > 3 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more` : files.join(', ');
  const levels = (['error', 'warning'] as const).filter(of).map((level) => counted(of(level), level));
  const commands = model.builds.reduce((sum, build) => sum + build.commands.length, 0);
  const over = [
    counted(model.projects.length, 'project'),
    counted(model.stacks.length, 'stack'),
    counted(commands, 'command'),
  ];
  return [
    levels.length ? `${levels.join(', ')} in ${named}` : 'No findings',
    ...(suppressed.length ? [`${suppressed.length} suppressed`] : []),
    ...(faults.length ? [`${counted(faults.length, 'rule')} failed`] : []),
    `${counted(rules, 'rule')} over ${over.join(', ')}`,
  ].join('; ');
}

function excerpt(source: string): string {
  // Of a file that is one long line, more could not be shown anyway.
  const text = plain(source.slice(0, 10 * EXCERPT_COLUMNS))
    .replaceAll('\t', '  ')
    .trim();
  return cut(maskedLines([text]).join(''), EXCERPT_COLUMNS);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What `--json` writes. */
export function toJson({ findings, suppressed, faults, model, rules, notSeen, unused }: Outcome): object {
  return {
    findings: findings.map(flat),
    errors: findings.filter(({ level }) => level === 'error').length,
    warnings: findings.filter(({ level }) => level === 'warning').length,
    suppressed: suppressed.map((finding) => ({ ...flat(finding), reason: finding.reason })),
    unused,
    faults,
    notSeen,
    rules,
    projects: model.projects.length,
    stacks: model.stacks.length,
  };
}

function flat({ id, rule, level, place, message, awsError, fix }: Finding): object {
  return { id, rule, level, ...place, message, awsError, fix };
}
