/**
 * The input of a request in the Query protocol, whose form flattens lists and structures into dotted names
 * (`Tags.member.1.Key=a`), nested again. Values stay strings.
 *
 * `member`, `entry` and the other names that wrap a list disappear, as they do in the API's own shapes; EC2's lists have none
 * (`SubnetId.1=a` is `{ SubnetId: ['a'] }`).
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function nested(form: URLSearchParams): Record<string, unknown> {
  const root: Node = new Map();
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version') continue;
    const steps = name.split('.');
    const last = steps.pop() ?? '';
    let node = root;
    for (const step of steps) {
      let next = node.get(step);
      if (!(next instanceof Map)) node.set(step, (next = new Map()));
      node = next;
    }
    node.set(last, value);
  }
  return Object.fromEntries([...root].map(([key, value]) => [key, plain(value)]));
}

type Node = Map<string, Node | string>;

function plain(node: Node | string): unknown {
  if (typeof node === 'string') return node;
  const keys = [...node.keys()];
  if (keys.every((key) => /^\d+$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => plain(node.get(key) ?? ''));
  }
  const only = keys.length === 1 ? plain(node.get(keys[0] ?? '') ?? '') : undefined;
  if (Array.isArray(only)) return keys[0] === 'entry' ? mapOf(only) : only;
  return Object.fromEntries(keys.map((key) => [key, plain(node.get(key) ?? '')]));
}

function mapOf(entries: readonly unknown[]): unknown {
  return Object.fromEntries(
    entries.map((entry) => {
      const { key, value } = entry as { key?: string; value?: unknown };
      return [key ?? '', value];
    }),
  );
}
