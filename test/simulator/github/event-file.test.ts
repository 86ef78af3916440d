import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../../tools/command';
import { readEvent } from '../../../tools/simulator/github/event-file';
import { decide } from '../../../tools/simulator/github/webhook';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'mangoo-event-test-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const example = (name: string): string => path.join(__dirname, 'events', `${name}.json`);
const payload = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(example(name), 'utf8')) as Record<string, unknown>;
/** What is said of a file with that content. */
function said(content: unknown): string {
  const file = path.join(directory, 'event.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return complaint(file).replace(`--event ${file}: `, '');
}
function complaint(file: string): string {
  try {
    return JSON.stringify(readEvent(file));
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
}

const A = 'a1'.repeat(20);
const B = 'b2'.repeat(20);
const ada = { actorAccountId: '1000002', repository: 'mangoo', organization: 'fruit-company' };

test('a push tells its commits, the message of the last one and the files of all', () => {
  expect(readEvent(example('push'))).toEqual({
    ...ada,
    event: 'PUSH',
    ref: 'refs/heads/main',
    before: B,
    after: A,
    headCommitMessage: 'Drop the old prompts\n\nNobody asked for them.',
    changedFiles: ['backend/app/french.py', 'backend/app/main.py', 'backend/app/old.py'],
  });
});

test('a tag and a deletion are pushes too', () => {
  expect(readEvent(example('push-tag'))).toMatchObject({
    ref: 'refs/tags/v1.2.0',
    after: A,
    changedFiles: [],
  });
  const deleted = readEvent(example('push-deleted'));
  expect(deleted).toMatchObject({ event: 'PUSH', before: A, after: '0'.repeat(40), headCommitMessage: '' });
  expect(decide(deleted, {}).matched).toBe(false);
});

test('a pull request tells both its ends and who its author is', () => {
  expect(readEvent(example('pull-request-opened'))).toEqual({
    ...ada,
    event: 'PULL_REQUEST_CREATED',
    number: 7,
    headRef: 'refs/heads/feature/french',
    headCommit: A,
    baseRef: 'refs/heads/main',
    baseCommit: B,
    fork: false,
    authorAssociation: 'MEMBER',
  });
});

test('a pull request of a fork is one, also when the fork has been deleted, and waits for an approval', () => {
  const fork = readEvent(example('pull-request-of-a-fork'));
  expect(fork).toMatchObject({ event: 'PULL_REQUEST_UPDATED', fork: true, actorAccountId: '1000003' });
  expect(decide(fork, {})).toMatchObject({ matched: false, waitingForApproval: true });

  const gone = payload('pull-request-opened') as { pull_request: { head: { repo: unknown } } };
  gone.pull_request.head.repo = null;
  expect(JSON.parse(said(gone))).toMatchObject({ fork: true });
});

test.each([
  ['opened', false, 'PULL_REQUEST_CREATED'],
  ['reopened', false, 'PULL_REQUEST_REOPENED'],
  ['synchronize', false, 'PULL_REQUEST_UPDATED'],
  ['closed', true, 'PULL_REQUEST_MERGED'],
  ['closed', false, 'PULL_REQUEST_CLOSED'],
])('a pull request that was %s (merged: %s) is the event %s', (action, merged, event) => {
  const body = payload('pull-request-merged');
  const pull = body.pull_request as object;
  expect(JSON.parse(said({ ...body, action, pull_request: { ...pull, merged } }))).toMatchObject({ event });
});

test('a release tells its tag and its name, which it need not have', () => {
  expect(readEvent(example('release'))).toEqual({ ...ada, event: 'RELEASED', tag: 'v1.2.0', name: 'Spring' });
  expect(readEvent(example('prerelease'))).toMatchObject({
    event: 'PRERELEASED',
    tag: 'v1.3.0-rc.1',
    name: '',
  });
});

test('an author whose association is not told is not made up', () => {
  const body = payload('pull-request-opened') as { pull_request: { author_association?: string } };
  delete body.pull_request.author_association;
  expect(said(body)).not.toContain('authorAssociation');
});

test('a file that begins with a byte order mark is read', () => {
  expect(said(`\uFEFF${readFileSync(example('push'), 'utf8')}`)).toContain('"event":"PUSH"');
});

const known =
  "GitHub's push, pull_request (opened, reopened, synchronize, closed) and release (released, prereleased)";

test.each([
  ['an object of something else', { zen: 'Keep it logically awesome.', hook_id: 1 }],
  ['a list', []],
  ['null', 'null'],
  ['an event of another name', { event: 'workflow_job', payload: {} }],
  ['a comment on a pull request', { action: 'created', comment: {}, pull_request: {} }],
])('%s is no event, and what would be one is said', (_, content) => {
  expect(said(content)).toBe(`not a payload that CodeBuild builds; ${known} are`);
});

test.each(['pull_request', 'release'])('an action of %s that starts no build is named', (event) => {
  expect(said({ event, payload: { action: 'constructor' } })).toBe(
    `${event} with the action 'constructor' starts no build; ${known} do`,
  );
});

test('every field that is missing or of another kind is named, at once', () => {
  const body = payload('push');
  expect(
    said({
      ...body,
      ref: 'refs/notes/x',
      after: 'main',
      head_commit: {},
      sender: { id: '7' },
      repository: undefined,
    }),
  ).toBe(
    'the payload lacks after (a commit of 40 hexadecimal digits), head_commit.message, sender.id, ' +
      'repository.name, ref (a branch or a tag)',
  );
  expect(said({ event: 'push', payload: { ...body, commits: [{ added: [7] }] } })).toBe(
    'the payload lacks commits',
  );
});

test.each(['--upload-pack=x', 'a..b', 'x\ny', 'a b', '$(id)^{commit}', 'x:refs/heads/y'])(
  'a tag %j, which git does not take or would read as something else, is no tag',
  (tag) => {
    const body = payload('release') as { release: { tag_name: string } };
    body.release.tag_name = tag;
    const answer = said(body);
    // Behind refs/tags/ it is a name like any other.
    if (tag.startsWith('--')) expect(answer).toContain('"tag":"--upload-pack=x"');
    else expect(answer).toBe('the payload lacks release.tag_name (a name that git takes)');
  },
);

test('what is no JSON, no file or too large is said in one line', () => {
  expect(said('{ "ref": \n oops')).toMatch(/^not JSON \([^\n]*\)$/);
  const missing = path.join(directory, 'missing.json');
  expect(complaint(missing)).toBe(`--event ${missing}: no such file`);
  expect(complaint(directory)).toBe(`--event ${directory}: cannot be read (EISDIR)`);
  const large = path.join(directory, 'large.json');
  writeFileSync(large, '');
  truncateSync(large, 25 * 1024 * 1024 + 1);
  expect(complaint(large)).toBe(`--event ${large}: too large; GitHub's payloads have at most 25 MB`);
});
