/** What the SDK and AWS say when they do not answer, in the user's terms. */

/** A call that has not been answered by then is told as such. */
export const LONGEST_MS = 10_000;

export function messageOf(error: unknown): string {
  return String((error as Error).message || (error as Error).name).replace(/\s+/g, ' ');
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, and the services' own names for the same */
export function isAboutCredentials(error: unknown): boolean {
  return /^(?:Expired\w*|RequestExpired|InvalidClientTokenId|UnrecognizedClient\w*|InvalidAccessKeyId|AuthFailure|SignatureDoesNotMatch|InvalidSignature\w*|MissingAuthenticationToken\w*|CredentialsProviderError|TokenProviderError)$/.test(
    (error as Error).name,
  );
}

export function isDenied(error: unknown): boolean {
  const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return /AccessDenied|Unauthorized|NotAuthorized/.test(name) || $metadata?.httpStatusCode === 403;
}

export function isUnreachable(error: unknown): boolean {
  return /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CERT_\w+|\w+_CERT\w*)$/.test(
    codeOf(error),
  );
}

export function isTooLate(error: unknown): boolean {
  return /^(?:AbortError|TimeoutError)$/.test((error as Error).name);
}

/** Why nothing can be asked at all, in one line with what to do. */
export function explained(error: unknown, profile: string | undefined, region = ''): string {
  const message = messageOf(error);
  const login = `aws sso login${profile === undefined ? '' : ` --profile ${profile}`}`;
  if (isUnreachable(error) || isTooLate(error)) {
    const why = isTooLate(error) ? `not in ${LONGEST_MS / 1000} s` : codeOf(error);
    return `AWS does not answer in ${region} (${why}): is that a region, and is there a network?`;
  }
  if (/could not resolve credentials using profile|profile .* could not be found/i.test(message)) {
    return `profile '${profile}': not there, or without credentials; aws configure list-profiles shows yours`;
  }
  if (/^(?:CredentialsProviderError|TokenProviderError)$/.test((error as Error).name)) {
    return /sso|token/i.test(message)
      ? `your AWS session is over (${message}); log in again: ${login}`
      : `no AWS credentials (${message}); give --profile, or log in: ${login}`;
  }
  if (/^(?:Expired|RequestExpired)/.test((error as Error).name)) {
    return `your AWS credentials have expired; get new ones, e.g. with ${login}`;
  }
  if (isAboutCredentials(error)) {
    return `AWS does not accept your credentials in ${region} (${message}); are they of an account that has this region enabled?`;
  }
  return `AWS does not say who you are: ${message}`;
}
