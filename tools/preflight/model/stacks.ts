import type { TemplateFile } from '../../assembly/assembly';
import { readTemplate, type Template } from '../../assembly/template';
import { at, isObject, list, object, text, texts } from '../../values';
import { Intrinsics, placeholder } from './intrinsics';
import { NAMED_TYPES } from './named-resources';
import { partitionOf } from './resources';
import { isKnown, type Resource, type Stack } from './stack';

export { readAssembly, type TemplateFile } from '../../assembly/assembly';

/**
 * The stacks of templates, each with what it takes from the others filled in.
 *
 * @throws UserError when a template cannot be read
 */
export function stacksOf(templates: readonly TemplateFile[]): Stack[] {
  const all: Unresolved[] = [];
  for (const file of templates) all.push(new Unresolved(file, readTemplate(file.text, file.file), all));
  return all.map((stack) => stack.resolved());
}

/** A stack while its values, and those that the others take from it, are looked up. */
class Unresolved {
  private readonly intrinsics: Intrinsics;
  private readonly pseudo: Readonly<Record<string, string>>;
  private readonly resources: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  private parametersFound?: Readonly<Record<string, unknown>>;
  /** Names, attributes and outputs, by what they are called; undefined while they are looked up, which ends circles. */
  private readonly found = new Map<string, unknown>();

  constructor(
    private readonly file: TemplateFile,
    private readonly template: Template,
    private readonly others: readonly Unresolved[],
  ) {
    const { account, region, name } = file;
    const china = region?.startsWith('cn-') ?? false;
    this.pseudo = {
      'AWS::AccountId': account ?? placeholder('AWS::AccountId'),
      'AWS::Region': region ?? placeholder('AWS::Region'),
      'AWS::Partition': partitionOf(file),
      'AWS::URLSuffix': china ? 'amazonaws.com.cn' : 'amazonaws.com',
      'AWS::StackName': name,
      'AWS::StackId': placeholder('AWS::StackId'),
      'AWS::NotificationARNs': placeholder('AWS::NotificationARNs'),
    };
    this.resources = new Map(
      Object.entries(object(template.content, 'Resources')).filter(
        (entry): entry is [string, Readonly<Record<string, unknown>>] => isObject(entry[1]),
      ),
    );
    const parameters = this.parameters.bind(this);
    this.intrinsics = new Intrinsics({
      get parameters() {
        return parameters();
      },
      pseudo: this.pseudo,
      ref: (id) => this.ref(id),
      attribute: (id, attribute) => this.attribute(id, attribute),
      imported: (exported) => this.imported(exported),
      output: (stack, output, from) => this.named(stack, from)?.output(output),
      condition: (condition) => at(template.content, 'Conditions', condition),
      mapping: (map, first, second) => at(template.content, 'Mappings', map, first, second),
    });
  }

  resolved(): Stack {
    const { name, path, account, region, file, bootstrap, assets, missingContext, dependsOn } = this.file;
    return {
      ...{ name, path, account, region, file, assets, missingContext, dependsOn },
      resources: [...this.resources].flatMap(([logicalId, definition]) =>
        this.exists(definition) ? [this.resource(logicalId, definition)] : [],
      ),
      parameters: this.parameters(),
      bootstrap: bootstrap && {
        qualifier: bootstrap.qualifier,
        roles: bootstrap.roles.map((role) => this.sub(role)),
        lookupRole: bootstrap.lookupRole === undefined ? undefined : this.sub(bootstrap.lookupRole),
      },
    };
  }

  private resource(logicalId: string, definition: Readonly<Record<string, unknown>>): Resource {
    const metadata = object(definition, 'Metadata');
    const raw = object(definition, 'Properties');
    const path = text(metadata, 'aws:cdk:path')?.replace(/\/(Resource|Default)$/, '');
    return {
      logicalId,
      type: text(definition, 'Type') ?? '',
      properties: object(this.intrinsics.resolve(raw)),
      raw,
      metadata,
      deletionPolicy: text(definition, 'DeletionPolicy'),
      isConditional:
        typeof definition.Condition === 'string' && this.intrinsics.holds(definition.Condition) === undefined,
      dependsOn: texts(definition, 'DependsOn'),
      place: {
        file: this.file.file,
        line: this.template.lines.get(logicalId) ?? 1,
        resource: path ?? logicalId,
      },
    };
  }

  private exists({ Condition }: Readonly<Record<string, unknown>>): boolean {
    return typeof Condition !== 'string' || this.intrinsics.holds(Condition) !== false;
  }

  private sub(value: string): string {
    return String(this.intrinsics.resolve({ 'Fn::Sub': value }));
  }

  /** What a nested stack's parent gives, or else the default. */
  private parameters(): Readonly<Record<string, unknown>> {
    if (this.parametersFound) return this.parametersFound;
    const declared = Object.entries(object(this.template.content, 'Parameters'));
    // While the parent's values are looked up, which may lead back here.
    this.parametersFound = Object.fromEntries(declared.map(([name]) => [name, placeholder(name)]));
    const { nestedIn } = this.file;
    const parent = nestedIn && this.named(nestedIn.name);
    const given = object(parent?.resources.get(nestedIn?.logicalId ?? ''), 'Properties', 'Parameters');
    this.parametersFound = Object.fromEntries(
      declared.map(([name, declaration]) => [
        name,
        parent && Object.hasOwn(given, name)
          ? parent.intrinsics.resolve(given[name])
          : (defaultOf(declaration) ?? placeholder(name)),
      ]),
    );
    return this.parametersFound;
  }

  private ref(logicalId: string): string | undefined {
    const type = this.typeOf(logicalId);
    if (type === undefined) return undefined;
    const written = NAMED_TYPES.get(type)?.ref;
    return written === undefined ? this.nameOf(logicalId) : this.filledIn(logicalId, written);
  }

  private attribute(logicalId: string, name: string): unknown {
    const type = this.typeOf(logicalId);
    if (type === undefined) return undefined;
    if (type === 'AWS::CloudFormation::Stack' && name.startsWith('Outputs.')) {
      return this.named(`${this.file.name}/${logicalId}`)?.output(name.slice('Outputs.'.length));
    }
    const attributes: Readonly<Record<string, string>> = NAMED_TYPES.get(type)?.attributes ?? {};
    const written = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return written === undefined ? undefined : this.filledIn(logicalId, written);
  }

  private typeOf(logicalId: string): string | undefined {
    const definition = this.resources.get(logicalId);
    return definition && (text(definition, 'Type') ?? '');
  }

  /** Its name as far as known, or `‹LogicalId›`. */
  private nameOf(logicalId: string): string {
    const name = NAMED_TYPES.get(this.typeOf(logicalId) ?? '')?.name;
    return (name && this.property(logicalId, name)) || placeholder(logicalId);
  }

  private property(logicalId: string, name: string): string | undefined {
    return this.once(`${logicalId}.${name}`, () => {
      const value = object(this.resources.get(logicalId), 'Properties')[name];
      const resolved = value === undefined ? undefined : this.intrinsics.resolve(value);
      return typeof resolved === 'string' ? resolved : undefined;
    });
  }

  private filledIn(logicalId: string, written: string): string {
    return written.replace(/\{(\w+)\}/g, (_, word: string) => {
      switch (word) {
        case 'partition':
          return this.pseudo['AWS::Partition'] ?? '';
        case 'suffix':
          return this.pseudo['AWS::URLSuffix'] ?? '';
        case 'region':
          return this.pseudo['AWS::Region'] ?? '';
        case 'account':
          return this.pseudo['AWS::AccountId'] ?? '';
        case 'name':
          return this.nameOf(logicalId);
        case 'id':
          return placeholder(logicalId);
        case 'Path':
          return this.property(logicalId, 'Path') ?? '/';
        default:
          // Of an ECS service: the cluster's name, whether it was given by name or by ARN.
          return this.property(logicalId, word)?.replace(/^.*\//, '') ?? 'default';
      }
    });
  }

  private imported(exported: string): unknown {
    if (!isKnown(exported)) return undefined;
    for (const other of this.others) {
      for (const name of Object.keys(object(other.template.content, 'Outputs'))) {
        if (other.exportOf(name) === exported) return other.output(name);
      }
    }
    return undefined;
  }

  /** A stack may stand in several environments: then the one beside this. */
  private named(stackName: string, region = this.file.region): Unresolved | undefined {
    const candidates = this.others.filter(({ file }) => file.name === stackName);
    if (candidates.length === 1) return candidates[0];
    const beside = candidates.filter(
      ({ file }) => file.region === region && file.account === this.file.account,
    );
    return beside.length === 1 ? beside[0] : undefined;
  }

  private exportOf(output: string): unknown {
    return this.once(`export ${output}`, () => {
      const exported = at(this.template.content, 'Outputs', output, 'Export', 'Name');
      return exported === undefined ? undefined : this.intrinsics.resolve(exported);
    });
  }

  private output(name: string): unknown {
    return this.once(`output ${name}`, () => {
      const value = at(this.template.content, 'Outputs', name, 'Value');
      return value === undefined ? undefined : this.intrinsics.resolve(value);
    });
  }

  private once<T>(what: string, find: () => T): T | undefined {
    if (!this.found.has(what)) {
      this.found.set(what, undefined);
      this.found.set(what, find());
    }
    return this.found.get(what) as T | undefined;
  }
}

/** Undefined where there is none, or it names a parameter of Systems Manager that holds the value. */
function defaultOf(declaration: unknown): unknown {
  const { Default, Type } = object(declaration);
  if (Default === undefined || Default === null || (text(Type) ?? '').startsWith('AWS::SSM::')) {
    return undefined;
  }
  const isList = /^(CommaDelimitedList|List<)/.test(text(Type) ?? '');
  if (isList && typeof Default === 'string') return Default.split(',').map((item) => item.trim());
  return list(Default).length ? list(Default) : (text(Default) ?? undefined);
}
