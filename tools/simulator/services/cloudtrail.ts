import { AwsError, type AwsRequest, type AwsResponse, type Service } from '../gateway/request';

/** CloudTrail without events: the CDK CLI looks for some after a failed deployment, and moto has no LookupEvents. */
export class CloudTrail implements Service {
  handle(request: AwsRequest): Promise<AwsResponse | undefined> {
    if (request.operation !== 'LookupEvents') {
      throw new AwsError(
        'UnsupportedOperationException',
        `The simulator does not answer cloudtrail:${request.operation}.`,
      );
    }
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    return Promise.resolve({ status: 200, headers, body: '{"Events":[]}' });
  }
}
