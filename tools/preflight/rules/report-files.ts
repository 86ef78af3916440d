import path from 'node:path';
import type { ReportFormat } from '../../buildspec/report-formats';
import type { Build } from '../model/build';
import type { Model } from '../model/model';
import { namesFolder, reportsOf, type StoredFiles } from '../model/stored-files';
import type { Found, Rule } from '../rule';
import { allWithin } from './artifact-paths';

/** https://docs.aws.amazon.com/codebuild/latest/userguide/test-report-group.html */
const GROUPS_PER_PROJECT = 5;

const OF_JSON: readonly ReportFormat[] = ['CUCUMBERJSON', 'SIMPLECOV'];

/** Names that tools give by themselves. */
const USUAL =
  /^(?:junit|test-results?|results?|clover|coverage|cobertura|cobertura-coverage|jacoco|testng-results|\.resultset|cucumber)\.(?:xml|json)$|\.trx$/i;
/** In which a tool may be told where to write. */
const SETTINGS =
  /(?:^|\/)(?:package\.json|pyproject\.toml|pom\.xml|[^/]*Dockerfile[^/]*|[^/]*compose[^/]*|Makefile|Rakefile|Gemfile|[^/]*\.(?:sh|cfg|ini|gradle|kts|csproj|runsettings|mk)|[^/]*(?:config|rc)[^/]*\.(?:[cm]?[jt]s|json|ya?ml|toml))$/;

export const reportFiles: Rule = {
  id: 'F33',
  name: 'report-files',
  title: 'Reports that find no file, or none of their format',
  awsError:
    'CLIENT_ERROR Message: Error in UPLOAD_ARTIFACTS phase: [tests: [report files not found in build]]',
  cause:
    'paths of reports begin at the root of the source; a file that no tool writes, or in another format, makes no report',
  fix: 'give the path that the tests write, and its format',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.reports',
  *check(model): Iterable<Found> {
    for (const build of model.builds) {
      const { buildspec } = build;
      const { reports } = buildspec.content;
      if (reports.length > GROUPS_PER_PROJECT) {
        yield {
          level: 'warning',
          place: buildspec.placeOf('reports'),
          message: `${reports.length} report groups: a project has ${GROUPS_PER_PROJECT} at most`,
          fix: 'let several files go into one group',
        };
      }
      for (const [i, report] of reportsOf(build).entries()) {
        yield* folders(build, report, model);
        yield* foreign(build, report, reports[i]?.format ?? 'JUNITXML');
        yield* unwritten(build, report, model);
      }
    }
  },
};

function* folders({ buildspec }: Build, report: StoredFiles, { source }: Model): Iterable<Found> {
  for (const [i, file] of report.files.entries()) {
    if (namesFolder(source, report.baseDirectory, file) === 'no') continue;
    yield {
      level: 'warning',
      place: buildspec.placeOf(...report.at, 'files', i),
      message: `${file} names a folder, in which ${report.told} finds no file`,
      fix: `- "${allWithin(file)}"`,
    };
  }
}

function* foreign({ buildspec }: Build, report: StoredFiles, format: ReportFormat): Iterable<Found> {
  const { files, at, told } = report;
  if (!files.length || !files.every((file) => isForeign(file, format))) return;
  const isSaid = buildspec.has(...at, 'file-format');
  yield {
    level: 'warning',
    place: buildspec.placeOf(...at, isSaid ? 'file-format' : 'files'),
    message: `${told} reads ${files.join(', ')} as ${format}${isSaid ? '' : ', which it is where nothing is said'}`,
    fix: 'file-format: the format of the files, e.g. CUCUMBERJSON for .json, VISUALSTUDIOTRX for .trx; or let the tests write XML',
  };
}

/** By its ending. */
function isForeign(file: string, format: ReportFormat): boolean {
  const ending = path.posix.extname(file);
  if (ending === '.trx') return format !== 'VISUALSTUDIOTRX';
  if (ending === '.xml') return OF_JSON.includes(format);
  return ending === '.json' ? !OF_JSON.includes(format) : ['.html', '.info'].includes(ending);
}

/** A file of which nothing that runs, and no settings that it reads, speaks. */
function* unwritten({ buildspec, commands }: Build, report: StoredFiles, { source }: Model): Iterable<Found> {
  const names = report.files.map((file) => path.posix.basename(file));
  if (!names.length || names.some((name) => /[$*?[{]/.test(name) || USUAL.test(name))) return;
  if (report.files.some((file) => source.files.has(path.posix.join(report.baseDirectory ?? '', file))))
    return;
  const folder = path.posix.basename(report.baseDirectory ?? path.posix.dirname(report.files[0] ?? ''));
  const words = [...names, ...(/[\w-]{3,}/.test(folder) && !/[$*]/.test(folder) ? [folder] : [])];
  const isSpokenOf = (text: string): boolean => words.some((word) => text.includes(word));
  if (commands.some(({ text }) => isSpokenOf(text))) return;
  for (const file of source.files.keys()) {
    if (SETTINGS.test(file) && isSpokenOf(source.read(file) ?? '')) return;
  }
  yield {
    level: 'warning',
    place: buildspec.placeOf(...report.at, 'files'),
    message: `nothing that the build runs speaks of ${names.join(', ')}, which ${report.told} reads`,
    fix: `let the tests write it, e.g. pytest --junitxml=${path.posix.join(report.baseDirectory ?? '', report.files[0] ?? '')}`,
  };
}
