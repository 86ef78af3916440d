import { parseDocument } from 'yaml';
import { shortForms } from '../../assembly/short-forms';
import { AwsError } from '../gateway/request';

/** A template, as far as a deployment needs it. */
export interface Template {
  readonly Description?: string;
  readonly Parameters?: Readonly<Record<string, Parameter>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, ResourceDefinition>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
}

export interface Parameter {
  readonly Type: string;
  readonly Default?: unknown;
}

export interface ResourceDefinition {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Output {
  readonly Value: unknown;
  readonly Description?: string;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

/**
 * Reads a template, JSON or YAML with the short forms of the intrinsic functions.
 *
 * @throws AwsError ValidationError
 */
export function parseTemplate(body: string): Template {
  let template: unknown;
  try {
    template = body.trimStart().startsWith('{')
      ? JSON.parse(body)
      : parseDocument(body, { customTags: shortForms() }).toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw new AwsError('ValidationError', `Template format error: ${(error as Error).message}`);
  }
  if (
    typeof template !== 'object' ||
    template === null ||
    !('Resources' in template) ||
    !template.Resources
  ) {
    throw new AwsError(
      'ValidationError',
      'Template format error: At least one Resources member must be defined.',
    );
  }
  return template as Template;
}
