import { createHash } from 'node:crypto';
import { messageText } from '../message-text';
import type { BuildReport, PushResult } from '../result';
import type { LogExcerpt } from '../log-excerpt';
import { amount, counts, direction, duration, notStarted, short } from '../words';
import { awsCalls, denials, minimalPolicies } from './calls';
import { Html, markup } from './html';
import { lineage } from './lineage';
import { failedOutput, type LogGroup, logGroups, logSection } from './log';
import { SCRIPT } from './script';
import { STYLE } from './style';
import { timeline } from './timeline';

/**
 * A run as one page that needs nothing else: no network, no other file, and no script but for the search of the log.
 *
 * @param log of the build, where there was one
 */
export function htmlReport(result: PushResult, log?: LogExcerpt): string {
  const { build } = result;
  const groups = log ? logGroups(log) : [];
  const title = `${build?.status ?? 'NOT STARTED'} ${short(result.source.commit)}`;
  const sections = [
    section('timeline', 'Timeline', timeline(result, new Set(groups.map(({ phase }) => phase)))),
    section('webhook', 'Webhook', webhook(result)),
    build && section('tests', 'Tests', tests(build)),
    section('lineage', 'From commit to service', lineage(result)),
    section('stacks', 'Stacks', stacks(result)),
    section('aws', 'AWS calls', awsCalls(result)),
    section('policy', 'Permissions', minimalPolicies(result)),
    build && section('artifacts', 'Artifacts', artifacts(build)),
    section('notified', 'Notified', notified(result)),
    section('simulated', 'Simulated', simulated(result)),
    log && section('log', 'Log', logSection(log, groups, failedPhases(build))),
  ].filter((one) => one !== undefined);
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <header>
          ${headline(result)}
          <nav aria-label="Sections">
            ${sections.map(({ id, name }) => markup`<a href="#${id}">${name}</a>`)}
          </nav>
        </header>
        <main>
          ${failure(result, groups)}
          ${sections.map(
            ({ id, name, body }) =>
              markup`<section id="${id}" aria-labelledby="h-${id}">
                <h2 id="h-${id}">${name}</h2>
                ${body}
              </section>`,
          )}
        </main>
        <script>${new Html(SCRIPT)}</script>
      </body>
    </html>
`.text;
}

/** Should a value ever get past the escaping, it still neither runs nor loads anything. */
function policy(): string {
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

interface Section {
  readonly id: string;
  readonly name: string;
  readonly body: Html;
}

function section(id: string, name: string, body: Html | undefined): Section | undefined {
  return body && { id, name, body };
}

function headline({ build, source, webhook: hook, aws, steps }: PushResult): Html {
  const status = build?.status ?? 'NOT STARTED';
  const kind = build ? (build.status === 'SUCCEEDED' ? 'good' : 'bad') : 'idle';
  const began = Math.min(...steps.map(({ startedAt }) => startedAt));
  const ran = build?.phases.reduce((sum, { seconds }) => sum + seconds, 0);
  return markup`<p class="status ${kind}">${status}</p>
    <h1>${hook.event === 'PUSH' ? 'Push' : hook.event} of <code>${short(source.commit)}</code> ${direction(hook.event)} ${hook.ref.replace('refs/heads/', '')}</h1>
    ${source.message && markup`<p class="message">${source.message.trim().split('\n')[0]}</p>`}
    <p class="quiet">
      ${steps.length > 0 && markup`<time>${new Date(began).toISOString().slice(0, 16).replace('T', ' ')} UTC</time> ·`}
      ${ran !== undefined && `built in ${duration(ran)} ·`}
      simulated AWS account ${aws.account}, ${aws.region}
    </p>
    ${build && markup`<p class="quiet">Build <code>${build.id}</code></p>`}
    ${source.uncommitted > 0 && markup`<p class="quiet">Not committed, so not part of it: ${amount(source.uncommitted, 'file')}.</p>`}`;
}

/** What whoever is woken by it wants to know: where, what, why, and how far it had come. */
function failure(result: PushResult, groups: readonly LogGroup[]): Html | undefined {
  const { build, images, stacks: all, services, webhook: hook } = result;
  if (!build) {
    return markup`<section class="failure idle" aria-label="Why nothing was built">
      <h2>${notStarted(hook).replace(/^./, (letter) => letter.toUpperCase())}</h2>
      <p>${hook.event} of <code>${hook.ref}</code>:</p>
      <ul>
        ${hook.reasons.map((reason) => markup`<li>${reason}</li>`)}
      </ul>
    </section>`;
  }
  const failed = build.phases.find(({ status }) => status !== 'SUCCEEDED');
  if (!failed) return undefined;
  const command = failed.commands.find(({ exitCode }) => exitCode !== 0);
  const output = failedOutput(groups, failed.name);
  const broken = [
    ...all
      .filter(({ reason }) => reason)
      .map(({ name, status, reason }) => `${name} is ${status}: ${reason}`),
    ...services
      .filter(({ rollout }) => rollout !== 'COMPLETED')
      .map(({ name, rollout, reason }) => `${name} is ${rollout}${reason ? `: ${reason}` : ''}`),
  ];
  const pushed = images.filter(({ built }) => built).map(({ name }) => name);
  const deployed = all
    .filter(({ application }) => application)
    .map(({ name, status }) => `${name} is ${status}`);
  return markup`<section class="failure" aria-label="What failed">
    <h2>Failed in ${failed.name}${command && markup`: <code>${command.command}</code>`}</h2>
    ${
      build.errors.length > 0 &&
      markup`<ul class="errors">
        ${build.errors.map((error) => markup`<li>${error}</li>`)}
      </ul>`
    }
    ${(build.diagnosis ?? []).map(
      ({ cause, fix }) => markup`<p><b>Cause:</b> ${cause}</p><p><b>Fix:</b> ${fix}</p>`,
    )}
    ${
      broken.length > 0 &&
      markup`<ul>
        ${broken.map((line) => markup`<li>${line}</li>`)}
      </ul>`
    }
    ${denials(result)}
    <p class="context"><code>${failed.context ?? failed.status}</code></p>
    ${
      output.length > 0 &&
      markup`<h3>The last it printed (<a href="#L${output[0]?.number ?? 1}">in the log</a>)</h3>
        <pre>${output.map(({ text }) => text).join('\n')}</pre>`
    }
    <p class="quiet">
      Pushed: ${pushed.join(', ') || 'nothing'}. Deployed: ${deployed.join(', ') || 'nothing'}.
    </p>
  </section>`;
}

function failedPhases(build: BuildReport | undefined): ReadonlySet<string> {
  return new Set(build?.phases.filter(({ status }) => status !== 'SUCCEEDED').map(({ name }) => name));
}

function webhook({ webhook: { event, ref, matched, filterGroup } }: PushResult): Html | undefined {
  // Why none matches stands at the top.
  if (!matched) return undefined;
  return markup`<p>${event} of <code>${ref}</code> matched this filter group:</p>
    <ul>
      ${filterGroup
        .flat()
        .map(
          ({ type, pattern, excludeMatchedPattern }) =>
            markup`<li>${excludeMatchedPattern && 'not '}${type} <code>${pattern}</code></li>`,
        )}
    </ul>`;
}

function tests({ reports }: BuildReport): Html {
  if (!reports.length) return markup`<p class="quiet">No report was stored.</p>`;
  return markup`<ul class="tests">
    ${reports.map((report) => {
      const failed = 'total' in report && report.failed > 0;
      return markup`<li class="${failed ? 'bad' : 'good'}">
        <b>${report.name}</b> <span>${counts(report)}</span>${shares(report)}
      </li>`;
    })}
  </ul>`;
}

/** A strip whose parts are as long as the counts are high. */
function shares(report: BuildReport['reports'][number]): Html {
  const parts: [string, number][] =
    'total' in report
      ? [
          ['good', report.passed],
          ['bad', report.failed],
          ['idle', report.skipped],
        ]
      : [
          ['good', report.linesCovered],
          ['idle', report.linesMissed],
        ];
  return markup`<span class="shares" aria-hidden="true">
    ${parts
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => markup`<i class="${kind}" style="flex-grow:${count}"></i>`)}
  </span>`;
}

function stacks({ stacks: all }: PushResult): Html {
  if (!all.length) return markup`<p class="quiet">No stack was deployed.</p>`;
  return markup`<table>
    <thead>
      <tr>
        <th>Stack</th>
        <th>Status</th>
        <th>Resources</th>
      </tr>
    </thead>
    <tbody>
      ${all.map(({ name, status, reason, application, changes: { added, modified, removed } }) => {
        const bad = /FAILED|ROLLBACK/.test(status);
        return markup`<tr>
          <td>${application ? markup`<b>${name}</b>` : name}</td>
          <td class="${bad ? 'bad' : 'good'}">${status}${reason && markup`<p class="reason">${reason}</p>`}</td>
          <td>+${added} ~${modified} −${removed}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: string[];
}

function artifacts({ artifacts: files, artifactLocation, exportedVariables }: BuildReport): Html {
  const variables = Object.entries(exportedVariables);
  const root: Folder = { folders: new Map(), files: [] };
  for (const file of [...files].sort()) {
    const names = file.split('/');
    let folder = root;
    for (const name of names.slice(0, -1)) {
      const next = folder.folders.get(name) ?? { folders: new Map<string, Folder>(), files: [] };
      folder.folders.set(name, next);
      folder = next;
    }
    folder.files.push(names.at(-1) ?? '');
  }
  return markup`${
    files.length
      ? markup`<p>${amount(files.length, 'file')} in <code>${artifactLocation ?? 'the bucket'}</code></p>
          ${tree(root)}`
      : markup`<p class="quiet">No artifact was stored.</p>`
  }
  ${
    variables.length > 0 &&
    markup`<h3>Exported variables</h3>
      <dl>
        ${variables.map(
          ([name, value]) =>
            markup`<dt><code>${name}</code></dt>
              <dd><code>${value}</code></dd>`,
        )}
      </dl>`
  }`;
}

function tree({ folders, files }: Folder): Html {
  return markup`<ul class="tree">
    ${[...folders].map(
      ([name, folder]) =>
        markup`<li>
          <details>
            <summary>${name}/ <span class="quiet">${size(folder)}</span></summary>
            ${tree(folder)}
          </details>
        </li>`,
    )}
    ${files.map((name) => markup`<li>${name}</li>`)}
  </ul>`;
}

function size({ folders, files }: Folder): number {
  return files.length + [...folders.values()].reduce((sum, folder) => sum + size(folder), 0);
}

/** The very messages, as whoever subscribes would read them. */
function notified({ notifications, undelivered }: PushResult): Html | undefined {
  if (!notifications.length && !undelivered.length) return undefined;
  return markup`${notifications.map(
    ({ topic, subject, text, to }) =>
      markup`<h3>${subject ?? 'No subject'}</h3>
        <p class="quiet">
          Topic <code>${topic}</code>, simulated:
          ${to.length ? `would go to ${to.join(', ')}` : 'nobody subscribes to it'}
        </p>
        <pre>${messageText(text)}</pre>`,
  )}
  ${
    undelivered.length > 0 &&
    markup`<h3>Not delivered</h3>
      <ul class="errors">
        ${undelivered.map((line) => markup`<li>${line}</li>`)}
      </ul>`
  }`;
}

function simulated({ simulated: lines }: PushResult): Html {
  if (!lines.length) return markup`<p class="quiet">Nothing was played.</p>`;
  return markup`<ul>
    ${lines.map((line) => markup`<li>${line}</li>`)}
  </ul>`;
}
