import type { Behaviour, Given } from '../behaviours';
import { buildspecFile, readBuildspec } from './buildspec';
import { NAME } from './stack';

/** What an account holds for the builds: values by name. */
export interface Secrets {
  readonly parameters: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Parameters and secrets of one behaviour, under names of the replay's own: those of the buildspec may be in use in the
 * account, and two behaviours may give one name two values.
 */
export class PrivateNames {
  private readonly names: readonly string[];

  constructor(private readonly behaviour: Behaviour) {
    const names = behaviour.builds.flatMap(({ given = {} }) => [
      ...Object.keys(given.parameters ?? {}),
      ...Object.keys(given.secrets ?? {}).map(idOf),
      ...(given.variables ?? []).flatMap(({ type, value }) => (type === 'PLAINTEXT' ? [] : [idOf(value)])),
      ...readBuildspec(buildspecFile(behaviour, given)).fetched.map(idOf),
    ]);
    // The longest first: one may begin with another.
    this.names = [...new Set(names)].sort((a, b) => b.length - a.length);
  }

  /** A buildspec, or a variable's value, with the private names in it. */
  hidden(text: string): string {
    if (!this.names.length) return text;
    const known = this.names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
    return text.replace(
      new RegExp(`(?<![\\w/-])(?:${known})(?![\\w/-])`, 'g'),
      (name) => this.prefix(name) + name,
    );
  }

  /** What a build says, with the buildspec's own names in it. */
  shown(text: string): string {
    return text.replaceAll(this.prefix('/'), '').replaceAll(this.prefix(''), '');
  }

  /** What the stack makes of the behaviour's parameters and secrets. */
  values(): Secrets {
    const parameters: Record<string, string> = {};
    const objects: Record<string, Record<string, string>> = {};
    const secrets: Record<string, string> = {};
    for (const { given = {} } of this.behaviour.builds) {
      for (const [name, value] of Object.entries(given.parameters ?? {}))
        parameters[this.hidden(name)] = value;
      for (const [reference, value] of Object.entries(given.secrets ?? {})) {
        const [id = '', key] = reference.split(':');
        if (key) (objects[this.hidden(id)] ??= {})[key] = value;
        else secrets[this.hidden(id)] = value;
      }
    }
    for (const [id, object] of Object.entries(objects)) secrets[id] = JSON.stringify(object);
    return { parameters, secrets };
  }

  variables({ variables = [] }: Given): NonNullable<Given['variables']> {
    return variables.map((variable) =>
      variable.type === 'PLAINTEXT' ? variable : { ...variable, value: this.hidden(variable.value) },
    );
  }

  private prefix(name: string): string {
    return name.startsWith('/') ? `/${NAME}/${this.behaviour.name}` : `${NAME}/${this.behaviour.name}/`;
  }
}

/** `secret-id[:json-key[:version-stage[:version-id]]]` */
function idOf(reference: string): string {
  return reference.split(':')[0] ?? '';
}
