import { reportFiles } from '../../../tools/preflight/rules/report-files';
import { type Changes, said } from '../example';

const reporting = (report: object, ...commands: string[]): Changes => ({
  buildspec: JSON.stringify({
    version: '0.2',
    phases: { build: { commands: ['make', ...commands] } },
    reports: { tests: report },
  }),
});

test('nothing is said of the example', () => {
  expect(said(reportFiles)).toEqual([]);
});

test('a file that no test writes is told', () => {
  const report = { files: ['backend.xml'], 'base-directory': 'out/reports' };

  expect(said(reportFiles, reporting(report, 'pytest backend'))).toEqual([
    'warning buildspec.yml:1 nothing that the build runs speaks of backend.xml, which reports/tests reads',
  ]);
});

test.each([
  [{ files: ['out/backend.xml'] }, 'pytest --junitxml=out/backend.xml'],
  [{ files: ['junit.xml'] }, 'npx jest'],
  [{ files: ['**/*.xml'], 'base-directory': 'target/surefire-reports' }, 'mvn verify'],
  [{ files: ['$REPORT.xml'] }, 'pytest'],
])('%j may well be written by %s', (report, command) => {
  expect(said(reportFiles, reporting(report, command))).toEqual([]);
});

test('what the settings of a tool name is written', () => {
  const changes = reporting({ files: ['unit-tests.xml'] }, 'pytest');

  expect(said(reportFiles, changes)).toHaveLength(1);
  const files = { 'backend/pytest.ini': '[pytest]\naddopts = --junitxml=unit-tests.xml\n' };
  expect(said(reportFiles, { ...changes, files })).toEqual([]);
});

test('a file of another format makes no report', () => {
  expect(said(reportFiles, reporting({ files: ['**/*.json'] }))).toEqual([
    'warning buildspec.yml:1 reports/tests reads **/*.json as JUNITXML, which it is where nothing is said',
  ]);
  expect(said(reportFiles, reporting({ files: ['**/*.xml'], 'file-format': 'CucumberJson' }))).toEqual([
    'warning buildspec.yml:1 reports/tests reads **/*.xml as CUCUMBERJSON',
  ]);
  for (const report of [
    { files: ['**/*.json'], 'file-format': 'CUCUMBERJSON' },
    { files: ['**/*.trx'], 'file-format': 'VISUALSTUDIOTRX' },
    { files: ['**/*'], 'file-format': 'CLOVERXML' },
    { files: ['**/*.json', '**/*.xml'] },
  ])
    expect(said(reportFiles, reporting(report))).toEqual([]);
});

test('a folder alone is no file', () => {
  expect(said(reportFiles, reporting({ files: ['reports/'] }, 'make reports'))).toEqual([
    'warning buildspec.yml:1 reports/ names a folder, in which reports/tests finds no file',
  ]);
});

test('a sixth report group is one too many', () => {
  const groups = (count: number): Changes => ({
    buildspec: JSON.stringify({
      version: '0.2',
      phases: { build: { commands: ['make'] } },
      reports: Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`r${i}`, { files: ['**/*.xml'] }]),
      ),
    }),
  });

  expect(said(reportFiles, groups(6))).toEqual([
    'warning buildspec.yml:1 6 report groups: a project has 5 at most',
  ]);
  expect(said(reportFiles, groups(5))).toEqual([]);
});
