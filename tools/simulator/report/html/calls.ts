import type { Statement } from '../../../iam/policy';
import type { DeniedCall, PrincipalUse } from '../../iam/usage';
import type { PushResult } from '../result';
import { amount } from '../words';
import { Html, markup } from './html';

type Call = PushResult['aws']['calls'][number];

/** Calls outside a build have no phase. */
const NO_PHASE = 'outside the build';

/** What was asked of AWS, by whom and when, and whether it was allowed. Its filters are CSS alone. */
export function awsCalls({ aws }: PushResult): Html {
  const principals = new Map<string, Call[]>();
  for (const call of aws.calls)
    principals.set(call.principal, [...(principals.get(call.principal) ?? []), call]);
  const phases = [...new Set(aws.calls.map(phaseOf))];
  if (!principals.size) return markup`<p class="quiet">Nothing was asked of AWS.</p>`;
  return markup`<div class="calls">
    ${filterRules(phases)}
    <div class="filters">
      <label>
        Phase
        <select>
          <option value="all" selected>all</option>
          ${phases.map((phase, index) => markup`<option value="p${index}">${phase}</option>`)}
        </select>
      </label>
      <label>
        Verdict
        <select>
          <option value="all" selected>all</option>
          <option value="denied">denied</option>
          <option value="allowed">allowed</option>
        </select>
      </label>
    </div>
    ${[...principals].map(([name, calls]) => principal(name, calls, phases))}
  </div>`;
}

/** For each denied call, the statement that would allow it. */
export function denials({ aws }: PushResult): Html | undefined {
  const denied = aws.calls.filter(({ decision }) => decision === 'denied');
  if (!denied.length) return undefined;
  const remedies = aws.principals.flatMap(({ principal, phases }) =>
    phases.flatMap((use) => use.denied.map((call) => ({ ...call, principal, phase: use.phase }))),
  );
  return markup`${denied.map((call) => {
    const remedy = remedies.find(
      (known) =>
        known.principal === call.principal &&
        known.phase === call.phase &&
        known.action === call.action &&
        known.resource === call.resource,
    );
    return markup`<div class="denial">
      <p>
        <b>Denied</b> in ${phaseOf(call)}: ${call.principal} may not <code>${call.action}</code> on
        <code>${call.resource}</code>
      </p>
      ${remedy && fix(remedy)}
    </div>`;
  })}`;
}

function fix({ change, statement }: DeniedCall): Html {
  return markup`<p>${change}</p>
    ${statement && policy(statement)}`;
}

/** What each role had and did not need, and the policy that would have been enough. */
export function minimalPolicies({ aws }: PushResult): Html | undefined {
  const roles = aws.principals.filter(({ minimalPolicy, unused }) => minimalPolicy ?? unused.length);
  // Where only the build role is known.
  if (!roles.length && !aws.unused.length && !aws.deployRole) return undefined;
  return markup`${
    roles.length
      ? roles.map(roleUse)
      : aws.unused.length > 0 && markup`<p>Never used by the build role: ${codes(aws.unused)}</p>`
  }${aws.deployRole && deployRole(aws.deployRole)}`;
}

function roleUse({ principal: name, unused, minimalPolicy }: PrincipalUse): Html {
  return markup`<details>
    <summary>
      ${name}
      <span class="quiet">${unused.length ? amount(unused.length, 'grant') : 'nothing'} unused</span>
    </summary>
    ${
      unused.length > 0 &&
      markup`<h4>Granted and never used</h4>
        <ul>
          ${unused.map(
            (grant) =>
              markup`<li>
                ${grant.policy}, ${grant.statement}: ${codes(grant.actions)} on ${codes(grant.resources)}
              </li>`,
          )}
        </ul>`
    }
    ${
      minimalPolicy &&
      markup`<h4>Would have been enough in this run</h4>
        ${policy(minimalPolicy)}`
    }
  </details>`;
}

function deployRole({ role, lacks, tooMuch, notJudged }: NonNullable<PushResult['aws']['deployRole']>): Html {
  return markup`<details ${lacks.length > 0 && 'open'}>
    <summary>
      ${role}
      <span class="quiet">
        deploys the application; lacks ${lacks.length ? amount(lacks.length, 'permission') : 'nothing'}
      </span>
    </summary>
    ${lacks.map(
      (lack) =>
        markup`<p>
            ${lack.logicalId} (${lack.type}, ${lack.handler}) needs <code>${lack.action}</code> on
            <code>${lack.resource}</code>
          </p>
          <p>${lack.change}</p>
          ${lack.statement && policy(lack.statement)}`,
    )}
    ${tooMuch.length > 0 && markup`<p>Needed by no deployed type: ${codes(tooMuch)}</p>`}
    ${notJudged.length > 0 && markup`<p class="quiet">Not judged: ${notJudged.join(', ')}</p>`}
  </details>`;
}

function principal(name: string, calls: readonly Call[], phases: readonly string[]): Html {
  const count = (decision: Call['decision']): number =>
    calls.filter((call) => call.decision === decision).reduce((sum, call) => sum + call.count, 0);
  const denied = count('denied');
  const tags = [...new Set(calls.flatMap((call) => [tag(call, phases), call.decision]))].join(' ');
  return markup`<details class="principal" data-of="${tags}" ${denied > 0 && 'open'}>
    <summary>
      ${name}
      <span class="counts">
        ${count('allowed')} allowed${denied > 0 && markup`, <b class="bad">${denied} denied</b>`}
      </span>
    </summary>
    <table>
      <thead>
        <tr>
          <th>Action</th>
          <th>Resource</th>
          <th>Phase</th>
          <th>Times</th>
          <th>Verdict</th>
        </tr>
      </thead>
      <tbody>
        ${calls.map(
          (call) =>
            markup`<tr class="${call.decision}" data-of="${tag(call, phases)} ${call.decision}">
              <td><code>${call.action}</code></td>
              <td>
                <code>${call.resource}</code>${call.reason && markup`<p class="reason">${call.reason}</p>`}
              </td>
              <td>${call.phase ?? markup`<span class="quiet">${NO_PHASE}</span>`}</td>
              <td>${call.count}</td>
              <td>${call.decision}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
}

/** `:has()` lets the page's filters work where scripts do not run. */
function filterRules(phases: readonly string[]): Html {
  const values = ['denied', 'allowed', ...phases.map((_, index) => `p${index}`)];
  const rules = values.map(
    (value) => `.calls:has(option[value=${value}]:checked) [data-of]:not([data-of~=${value}]){display:none}`,
  );
  return new Html(`<style>${rules.join('')}</style>`);
}

function tag(call: Call, phases: readonly string[]): string {
  return `p${phases.indexOf(phaseOf(call))}`;
}

function phaseOf({ phase }: Call): string {
  return phase ?? NO_PHASE;
}

function policy(document: Statement | PrincipalUse['minimalPolicy']): Html {
  return markup`<pre>${JSON.stringify(document, null, 2)}</pre>`;
}

function codes(words: readonly string[]): Html {
  return markup`${words.map((word, index) => markup`${index > 0 && ', '}<code>${word}</code>`)}`;
}
