import type { AwsError, AwsRequest, AwsResponse } from './request';

/**
 * An error as the protocol carries it, so that every SDK shows its code and message.
 * https://smithy.io/2.0/aws/protocols/ (query, EC2 query, JSON), https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function renderError(
  error: AwsError,
  request: Pick<AwsRequest, 'protocol' | 'method'>,
  requestId: string,
): AwsResponse {
  const { code, message, status } = error;
  // HTTP allows no body here; clients make their message of the status alone ("403 Forbidden").
  if (request.method === 'HEAD') return { status, headers: { 'x-amz-request-id': requestId } };
  const inner = `<Code>${xml(code)}</Code><Message>${xml(message)}</Message>`;
  switch (request.protocol) {
    case 'query':
      return xmlResponse(
        status,
        `<ErrorResponse><Error><Type>Sender</Type>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
    case 'ec2':
      return xmlResponse(
        status,
        `<Response><Errors><Error>${inner}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
      );
    case 'rest-xml':
      return xmlResponse(status, `<Error>${inner}<RequestId>${requestId}</RequestId></Error>`);
    default:
      return {
        status,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amzn-errortype': code,
          'x-amzn-requestid': requestId,
        },
        body: JSON.stringify({ __type: code, message }),
      };
  }
}

/** Text for the inside of an XML element or attribute. */
export function xml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function xmlResponse(status: number, body: string): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}
