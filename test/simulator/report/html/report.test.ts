import { createHash } from 'node:crypto';
import { markup } from '../../../../tools/simulator/report/html/html';
import { htmlReport } from '../../../../tools/simulator/report/html/report';
import type { LogExcerpt } from '../../../../tools/simulator/report/log-excerpt';
import { failed, green, log, notStarted } from './runs';

const pages = {
  'a green run': htmlReport(green, log),
  'a failed run': htmlReport(failed, log),
  'a run that was not started': htmlReport(notStarted),
};

/** What a reader sees: no markup, entities read, white space single. */
function textOf(page: string): string {
  return page
    .replace(/<(style|script)>[^]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');
}

/** The text of the part of a page with this opening tag. */
function part(page: string, start: string): string {
  const rest = page.slice(page.indexOf(start));
  return page.includes(start) ? textOf(rest.slice(0, rest.indexOf('</section>'))) : '';
}

function section(page: string, id: string): string {
  return part(page, `<section id="${id}"`);
}

describe.each(Object.entries(pages))('the page of %s', (_, page) => {
  test('loads nothing, from the network or elsewhere, and would not be let', () => {
    const markup = page.replace(/<script>[^]*?<\/script>/, '');
    expect(page).not.toMatch(/https?:/);
    expect(markup).not.toMatch(/\ssrc=|<link|<script|url\(|@import|<iframe|<object|<base/);
    expect(page.match(/<script/g)).toHaveLength(1);
    const [, script = ''] = /<script>([^]*?)<\/script>/.exec(page) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-${hash}&#39;;`,
    );
  });

  test('leads nowhere that is not on the page, and names no place twice', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    const links = [...page.matchAll(/\shref="([^"]*)"/g)].map(([, href]) => href);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((href) => !href?.startsWith('#') || !ids.includes(href.slice(1)))).toEqual([]);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('closes what it opens, and its headings begin with one h1', () => {
    const open: string[] = [];
    const markup = page.replace(/<(style|script)>[^]*?<\/\1>/g, '').replace(/<!doctype html>/, '');
    for (const [, slash, name = ''] of markup.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
      if (slash) expect(open.pop()).toBe(name);
      else if (!['meta', 'input'].includes(name)) open.push(name);
    }
    expect(open).toEqual([]);
    expect(page.match(/<h1/g)).toHaveLength(1);
    expect(page.indexOf('<h1')).toBeLessThan(page.indexOf('<h2'));
  });
});

test('a value is text, whatever it holds: markup of others never becomes markup of the page', () => {
  expect(markup`<p title="${'"\'><&'}">${['<b>', markup`<i>${'&'}</i>`, undefined, false, 7]}</p>`.text).toBe(
    '<p title="&quot;&#39;&gt;&lt;&amp;">&lt;b&gt;<i>&amp;</i>7</p>',
  );
});

test('whoever writes a commit message, a branch, a command or a log line cannot run a script in the report', () => {
  const evil = `</script></style><img src=x onerror=alert(1)>"' onfocus=alert(1) `;
  // Every text of a run, whoever it comes from.
  const poisoned = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? evil + inner : inner)),
    ) as T;
  const lines = log.parts[0]?.lines ?? [];
  const evilLog: LogExcerpt = {
    ...poisoned(log),
    parts: [{ first: 1, lines: lines.flatMap((l) => [l, evil + l, `${l}${evil}`]) }],
  };
  for (const run of [green, failed, notStarted]) {
    const page = htmlReport(poisoned(run), evilLog);
    expect(textOf(page)).toContain('<img src=x onerror=alert(1)>');
    expect(page).not.toMatch(/<img/);
    expect(page.match(/<\/script>/g)).toHaveLength(1);
    // Outside of quotes no tag has an attribute that the page does not know.
    const tags = page.match(/<[a-z][^>]*>/g) ?? [];
    expect(tags.filter((tag) => /\son\w+=/.test(tag.replace(/"[^"]*"/g, '')))).toEqual([]);
  }
});

test('whoever is woken by a failure reads first where it failed, what the step said, what would mend it, and how far it came', () => {
  const page = pages['a failed run'];
  const text = part(page, '<section class="failure"');
  expect(page.indexOf('class="failure"')).toBeLessThan(page.indexOf('id="timeline"'));
  expect(text).toContain('Failed in BUILD: ci/test.sh');
  expect(text).toContain('ERROR: ./frontend/package-lock.json is missing; commit it');
  expect(text).toContain('Cause: npm ci needs one Fix: make and commit it');
  expect(text).toContain('Reason: exit status 1');
  expect(text).toContain('mangoo-build-deploy-role may not ecr:DescribeImages on arn:denied');
  expect(text).toContain(
    'add this statement to the policy build-role { "Effect": "Allow", "Action": "ecr:DescribeImages"',
  );
  expect(text).toContain('collected 3 items AssertionError: hello mangoo');
  // Of another command.
  expect(text).not.toContain('lint is fine');
  expect(text).toContain('Pushed: nothing. Deployed: nothing.');
  expect(page).toContain('<a href="#L8">in the log</a>');
  expect(page).toContain('<details id="log-BUILD" open>');
  expect(page).toContain('<details id="log-DOWNLOAD_SOURCE" >');
});

test('a stack that was rolled back and a service that never became stable are told with their reasons', () => {
  const text = part(
    htmlReport(
      {
        ...failed,
        stacks: [
          {
            name: 'MangooStack',
            status: 'ROLLBACK_COMPLETE',
            reason: 'Resource handler returned: no',
            application: true,
            changes: { added: 1, modified: 0, removed: 0 },
          },
        ],
        services: [
          {
            name: 'api',
            taskDefinition: 'x',
            image: 'y',
            rollout: 'FAILED',
            forced: false,
            reason: 'tasks stop',
          },
        ],
      },
      log,
    ),
    '<section class="failure"',
  );
  expect(text).toContain('MangooStack is ROLLBACK_COMPLETE: Resource handler returned: no');
  expect(text).toContain('api is FAILED: tasks stop');
  expect(text).toContain('Deployed: MangooStack is ROLLBACK_COMPLETE.');
});

test('a run that would have sent messages shows them whole, and to whom; one that sent none does not speak of it', () => {
  const page = textOf(pages['a failed run']);
  expect(page).toMatch(
    /Build failed in BUILD\s+Topic\s+mangoo-notifications\s*, simulated:\s+would go to email ops@example.com/,
  );
  expect(pages['a failed run']).toContain('<pre>What failed: ci/test.sh\nWhat to do: mend it</pre>');
  expect(page).toMatch(/mangoo-slack\s*, simulated:\s+nobody subscribes to it/);
  expect(page).toMatch(/Not delivered\s+mangoo-notifier failed 3 times/);
  expect(textOf(pages['a green run'])).not.toMatch(/Notified|delivered/);
});

test('a green run does not speak of failure', () => {
  const page = pages['a green run'];
  expect(page).not.toContain('class="failure');
  expect(textOf(page)).toMatch(
    / SUCCEEDED Push of c108a60 to main Say hello 2026-01-02 03:04 UTC · built in 8\.0 s/,
  );
  expect(textOf(page)).not.toContain('At last.');
});

test('a push that nothing matched says why, and has no log', () => {
  const page = pages['a run that was not started'];
  expect(textOf(page)).toContain('NOT STARTED Push of c108a60 to main-2');
  expect(part(page, '<section class="failure idle"')).toContain(
    'HEAD_REF ^refs/heads/main$ does not match refs/heads/main-2',
  );
  expect(page).not.toContain('id="log"');
});

test('a pull request is not called a push', () => {
  const webhook = { ...green.webhook, event: 'PULL_REQUEST_CREATED', ref: 'refs/heads/topic' };
  const text = textOf(htmlReport({ ...green, webhook }, log));
  expect(text).toContain('PULL_REQUEST_CREATED of c108a60 from topic');
  expect(text).not.toContain('Push of');
  const waits = { ...webhook, matched: false, waitingForApproval: true, filterGroup: [] };
  expect(textOf(htmlReport({ ...green, build: undefined, webhook: waits }, undefined))).toContain(
    'The pull request waits for a comment that approves it',
  );
});

test('the timeline has every phase and command where and as long as it ran', () => {
  const bars = [...pages['a green run'].matchAll(/<li class="(phase|command)[^>]*>[^]*?<\/li>/g)].map(
    ([bar, kind]) => [
      kind,
      textOf(bar.slice(bar.indexOf('class="name"') + 13, bar.indexOf('class="track"') - 6)).trim(),
      /left:min\(([\d.]+%)/.exec(bar)?.[1],
      /width:([\d.]+%)/.exec(bar)?.[1],
    ],
  );
  expect(bars).toEqual([
    ['phase', 'QUEUED', '0.00%', '25.00%'],
    ['phase', 'BUILD', '25.00%', '75.00%'],
    ['command', 'ci/test.sh', '25.00%', '25.00%'],
    ['command', 'ci/build.sh', '50.00%', '50.00%'],
  ]);
  expect(section(pages['a failed run'], 'timeline')).toContain(
    'failed ci/test.sh 1.0 s exit code 1, began at 03:04:08 UTC',
  );
});

test('the way from the commit to the running service is drawn by its digest', () => {
  const text = section(pages['a green run'], 'lineage');
  expect(text).toContain(
    'commit c108a60 image mangoo-backend tag c108a60 sha256:abababababab built and pushed',
  );
  expect(text).toContain(
    'task definition Backend:7 service mangoo-backend-service COMPLETED rolled by the deployment',
  );
});

test('an image that no service runs, and a service that runs another, are not joined', () => {
  const services = green.services.map((one) => ({ ...one, image: 'elsewhere/backend@sha256:cd' }));
  const text = section(htmlReport({ ...green, services }, log), 'lineage');
  expect(text).toContain('commit another image elsewhere/backend@sha256:cd not in the registry');
  expect(text).toContain('built and pushed service none runs it');
});

test('AWS calls stand by principal with counts, a denied one open, and can be filtered without scripts', () => {
  const page = pages['a failed run'];
  const text = section(page, 'aws');
  expect(text).toContain('administrator 1 allowed');
  expect(text).toContain('mangoo-build-deploy-role 2 allowed, 1 denied');
  expect(text).toContain(
    'ecr:DescribeImages arn:denied no identity-based policy allows the ecr:DescribeImages action PRE_BUILD 1 denied',
  );
  expect(page).toContain('<details class="principal" data-of="p1 allowed p2 denied" open>');
  expect(page).toContain('<details class="principal" data-of="p0 allowed" >');
  expect(page).toContain(
    '.calls:has(option[value=denied]:checked) [data-of]:not([data-of~=denied]){display:none}',
  );
});

test('what a role had and did not need, what would have been enough, and what the deployment role lacks are told', () => {
  const text = section(pages['a failed run'], 'policy');
  expect(text).toContain('build, Images: ecr:CreateRepository on arn:r');
  expect(text).toContain(
    '{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Action": "ecr:PutImage"',
  );
  expect(text).toContain(
    'Uploads (AWS::S3::Bucket, create) needs s3:PutBucketTagging on arn:aws:s3:::uploads',
  );
  expect(text).toContain('Needed by no deployed type: rds:DeleteDBCluster');
  expect(text).toContain('Not judged: Custom::Thing');
  // Where only the build role is known.
  expect(section(pages['a green run'], 'policy')).toContain(
    'Never used by the build role: ecr:CreateRepository',
  );
});

test('tests, coverage, artifacts, variables, stacks and what was played are there', () => {
  const page = pages['a green run'];
  expect(section(page, 'tests')).toContain('backend-tests 2 passed, 1 skipped');
  expect(section(page, 'tests')).toContain('backend-coverage 75 % of lines, none of branches covered');
  expect(section(page, 'artifacts')).toContain('3 files in s3://mangoo-artifacts-1/builds/1/');
  expect(section(page, 'artifacts')).toContain('backend/ 2 app/ 1 main.py Dockerfile cdk-outputs.json');
  expect(section(page, 'artifacts')).toContain('IMAGE_TAG c108a6021185c65a7571d98651aa90ccb8584084');
  expect(section(page, 'stacks')).toContain('MangooStack CREATE_COMPLETE +54 ~0 −0');
  expect(section(page, 'simulated')).toContain('docker: nothing runs');
  expect(section(page, 'webhook')).toContain('HEAD_REF ^refs/heads/main$ not COMMIT_MESSAGE \\[skip ci\\]');
});

describe('the log', () => {
  test('stands by phases, as its own lines tell them, with a number and an anchor at each line', () => {
    const page = pages['a green run'];
    const text = section(page, 'log');
    expect([...page.matchAll(/<details id="log-(\w+)"/g)].map(([, phase]) => phase)).toEqual([
      'DOWNLOAD_SOURCE',
      'BUILD',
      'FINALIZING',
    ]);
    expect(text).toContain('BUILD 9 lines 4 [Container] 2026/01/02 03:04:06.000 Entering phase BUILD');
    expect(page).toContain('<div id="L8"><a href="#L8">8</a><span>collected 3 items</span></div>');
  });

  test('says what of it is not on the page, where the cut is, and where the whole is', () => {
    const cut: LogExcerpt = {
      ...log,
      omitted: 490_000,
      parts: [
        { first: 1, lines: ['[Container] 2026/01/02 03:04:05.100 Entering phase BUILD', 'begin'] },
        { first: 490_003, lines: ['end'] },
      ],
    };
    const page = htmlReport(green, cut);
    const text = section(page, 'log');
    expect(text).toContain('whole in /results/build.log');
    expect(text).toContain('490,000 lines between are only in the file.');
    expect(text).toMatch(/2 begin 490,000 lines left out here Log 1 line 490003 end/);
  });

  test('ends a line that is longer than anybody reads, and says so', () => {
    const page = htmlReport(green, { ...log, parts: [{ first: 1, lines: ['x'.repeat(5000)] }] });
    expect(section(page, 'log')).toContain(`${'x'.repeat(2000)}… (3000 more characters)`);
    expect(page).not.toContain('x'.repeat(2001));
  });
});
