export interface Answer {
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Asks the backend; its own words are the error's when it refuses a prompt. */
export async function ask(apiUrl: string, prompt: string, send: typeof fetch = fetch): Promise<Answer> {
  const response = await send(`${apiUrl}/answers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt }),
  });
  if (response.ok) return (await response.json()) as Answer;
  const refused =
    response.status === 422 ? ((await response.json()) as { detail: unknown }).detail : undefined;
  throw new Error(typeof refused === 'string' ? refused : `The backend answered ${response.status}`);
}
