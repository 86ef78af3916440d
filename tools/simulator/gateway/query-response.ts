import { randomUUID } from 'node:crypto';
import { xml, xmlResponse } from './errors';
import type { AwsResponse } from './request';

/**
 * The answer of a Query API: lists wrapped in `member`, dates in ISO 8601, what is undefined left out.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 *
 * @param namespace of the API's documents
 */
export function queryResponse(namespace: string, operation: string, result: object): AwsResponse {
  return xmlResponse(
    200,
    `<${operation}Response xmlns="${namespace}">` +
      `<${operation}Result>${element(result)}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${operation}Response>`,
  );
}

function element(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => `<member>${element(item)}</member>`).join('');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => `<${name}>${element(inner)}</${name}>`)
      .join('');
  }
  return xml(String(value));
}
