import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { markup } from '../../../../tools/simulator/report/html/html';
import { htmlReport } from '../../../../tools/simulator/report/html/report';
import { type LogExcerpt, readLog } from '../../../../tools/simulator/report/log-excerpt';
import { failed, green, log, notStarted } from './runs';

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync('which', [name]).status === 0,
);
const inBrowser = browser ? test : test.skip;
if (!browser) {
  test.todo('the report in a browser: skipped, neither chromium nor google-chrome is on the PATH');
}

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'mangoo-report-test-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

/**
 * Opens a page, does something in it, and resolves to what that gave. Whatever the browser complains of comes too: errors
 * of scripts, and what the page's own policy refused.
 *
 * @param work JavaScript, the body of an async function
 */
function opened<T>(
  page: string,
  work: string,
  flags: readonly string[] = [],
): { value: T; complaints: string[] } {
  const driver = `void (async () => { ${work} })().then(
    (value) => (document.body.innerHTML = '<plaintext id="told">' + encodeURIComponent(JSON.stringify(value)) + 'END'),
    (error) => console.error('driver: ' + error));`;
  const hash = createHash('sha256').update(driver).digest('base64');
  const file = path.join(directory, 'report.html');
  // The page's policy lets its own script run alone; the test's has to be let in by name.
  const withDriver = page
    .replace('script-src ', `script-src &#39;sha256-${hash}&#39; `)
    .replace('</body>', () => `<script>${driver}</script></body>`);
  writeFileSync(file, withDriver);
  const { stdout, stderr } = spawnSync(
    browser ?? '',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...['--enable-logging=stderr', '--host-resolver-rules=MAP * ~NOTFOUND'],
      ...[`--user-data-dir=${path.join(directory, 'profile')}`, '--virtual-time-budget=20000', ...flags],
      ...['--dump-dom', pathToFileURL(file).href],
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const told = /<plaintext id="told">(.*?)END/.exec(stdout)?.[1];
  const complaints = stderr.split('\n').filter((line) => line.includes('CONSOLE'));
  if (told === undefined) throw new Error(`the page told nothing: ${stderr}`);
  return { value: JSON.parse(decodeURIComponent(told)) as T, complaints };
}

const SEARCH = `
  const form = document.querySelector('.search');
  const input = form.querySelector('input');
  const state = () => ({
    told: form.querySelector('output').value,
    marked: [...document.querySelectorAll('mark')].map((mark) => mark.textContent),
    at: document.querySelector('mark.now')?.closest('div').id,
  });
  const search = async (text) => {
    input.value = text;
    input.dispatchEvent(new Event('input'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    return state();
  };`;

inBrowser('whoever looks for a word in the log finds each place it stands at, forwards and backwards', () => {
  const { value, complaints } = opened<Record<string, { told: string; marked: string[]; at?: string }>>(
    htmlReport(green, log),
    `${SEARCH}
    const shown = !form.hidden;
    const closed = !document.querySelector('#log-BUILD').open;
    const first = await search('CI/test.sh');
    const opened = document.querySelector('#log-BUILD').open;
    form.requestSubmit();
    const next = state();
    form.querySelector('[value="-1"]').click();
    const back = state();
    form.querySelector('[value="-1"]').click();
    const around = state();
    const nothing = await search('no such word');
    const markup = await search('<b>');
    const emptied = await search('');
    return { first, next, back, around, nothing, markup, emptied, other: { shown, closed, opened } };`,
  );
  const marked = ['ci/test.sh', 'ci/test.sh', 'ci/test.sh'];
  expect(value).toEqual({
    first: { told: '1 of 3', marked, at: 'L7' },
    next: { told: '2 of 3', marked, at: 'L10' },
    back: { told: '1 of 3', marked, at: 'L7' },
    around: { told: '3 of 3', marked, at: 'L12' },
    nothing: { told: 'none', marked: [] },
    markup: { told: 'none', marked: [] },
    emptied: { told: '', marked: [] },
    other: { shown: true, closed: true, opened: true },
  });
  expect(complaints).toEqual([]);
});

inBrowser.each([
  ['a green run', htmlReport(green, log)],
  ['a failed run', htmlReport(failed, log)],
  ['a run that was not started', htmlReport(notStarted)],
])('the page of %s opens without a complaint, loads nothing, and is no wider than a phone', (_, page) => {
  // A window cannot be made so narrow, a frame can.
  const frame = markup`<iframe width="360" height="800" srcdoc="${page}"></iframe>`.text;
  const { value, complaints } = opened(
    `<!doctype html><body>${frame}</body>`,
    `const frame = document.querySelector('iframe');
    while (!frame.contentDocument?.querySelector('main + script')) await new Promise((next) => setTimeout(next, 20));
    const page = frame.contentDocument;
    page.querySelectorAll('details').forEach((one) => (one.open = true));
    return {
      title: page.querySelectorAll('h1').length,
      narrow: frame.contentWindow.matchMedia('(max-width: 360px)').matches,
      loaded: [window, frame.contentWindow].flatMap((one) => one.performance.getEntriesByType('resource').map(({ name }) => name)),
      wider: [...page.querySelectorAll('body *')]
        .filter((one) => one.getBoundingClientRect().right > 360)
        .map((one) => one.outerHTML.slice(0, 80)),
      scrolls: page.documentElement.scrollWidth,
    };`,
  );
  expect(value).toEqual({
    title: 1,
    narrow: true,
    loaded: [],
    wider: [],
    scrolls: expect.any(Number) as number,
  });
  expect((value as { scrolls: number }).scrolls).toBeLessThanOrEqual(360);
  expect(complaints).toEqual([]);
});

inBrowser('markup in a log line is shown, and neither runs nor loads', () => {
  const evil = `</script><img src="https://example.org/x" onerror="document.title='owned'"><script>document.title='owned'</script>`;
  const { value, complaints } = opened(
    htmlReport(
      { ...failed, source: { ...failed.source, message: evil } },
      {
        ...log,
        parts: [{ first: 1, lines: [evil] }],
      },
    ),
    `await new Promise((resolve) => setTimeout(resolve, 300));
    return [document.title, document.images.length, document.querySelector('#L1 span').textContent];`,
  );
  expect(value).toEqual(['FAILED c108a60', 0, evil]);
  expect(complaints).toEqual([]);
});

inBrowser('the calls are filtered by phase and verdict although no script of the page does it', () => {
  const page = htmlReport(failed, log).replace(/<script>[^]*<\/script>/, '');
  const { value } = opened<string[][]>(
    page,
    `document.querySelectorAll('.principal').forEach((one) => (one.open = true));
    const [phase, verdict] = document.querySelectorAll('.calls select');
    const rows = () => [...document.querySelectorAll('.calls tbody tr')]
      .filter((row) => row.getClientRects().length > 0)
      .map((row) => row.cells[0].textContent);
    const all = rows();
    verdict.value = 'denied';
    const denied = rows();
    verdict.value = 'all';
    phase.value = [...phase.options].find((option) => option.text === 'POST_BUILD').value;
    return [all, denied, rows()];`,
  );
  expect(value).toEqual([
    ['s3:CreateBucket', 'ecr:PutImage', 'ecr:DescribeImages'],
    ['ecr:DescribeImages'],
    ['ecr:PutImage'],
  ]);
});

inBrowser('a log of 50 MB makes a page that opens, and whose search answers', async () => {
  const file = path.join(directory, 'build.log');
  execFileSync('sh', [
    '-c',
    `yes 'one more line of a log that does not want to end' | head -n 1000000 > "$1"`,
    'sh',
    file,
  ]);
  const excerpt: LogExcerpt = await readLog(file);
  const page = htmlReport(green, excerpt);
  expect(page.length).toBeLessThan(2_000_000);
  const { value, complaints } = opened<{ told: string; marked: string[] }>(
    page,
    `${SEARCH} return search('want');`,
  );
  expect(value.told).toBe('1 of 2000 or more');
  expect(complaints).toEqual([]);
});
