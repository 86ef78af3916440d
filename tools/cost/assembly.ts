import { readAssembly } from '../assembly/assembly';
import { readTemplate } from '../assembly/template';
import { isObject, object, text } from '../values';

export interface Stack {
  readonly name: string;
  /** `unknown-region` where whoever deploys decides. */
  readonly region: string;
  readonly resources: Readonly<Record<string, Resource>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/**
 * The stacks that `cdk synth` has left in a directory, those of its stages too.
 *
 * @param directory absolute
 * @param name as the user gave it
 * @throws UserError when it is no cloud assembly
 */
export function readStacks(directory: string, name: string): readonly Stack[] {
  return readAssembly(directory, name).map((template) => {
    const resources = Object.entries(object(readTemplate(template.text, template.file).content, 'Resources'));
    return {
      name: template.path ?? template.name,
      region: template.region ?? 'unknown-region',
      resources: Object.fromEntries(
        resources.filter((entry): entry is [string, Resource] => isResource(entry[1])),
      ),
    };
  });
}

function isResource(value: unknown): value is Resource {
  return isObject(value) && text(value, 'Type') !== undefined;
}
