import { expect, test } from 'vitest';
import { ask } from './answers';
import { readConfig } from './config';

const answering = (status: number, body: unknown) => async () =>
  new Response(JSON.stringify(body), { status });

test('the prompt goes to the address that the container was given', async () => {
  const { apiUrl } = readConfig({ apiUrl: 'https://api.example.org/v1/' });
  let asked = '';
  await ask(apiUrl, 'hello', async (url) => {
    asked = String(url);
    return new Response(JSON.stringify({ text: 'hi' }));
  });

  expect(asked).toBe('https://api.example.org/v1/answers');
});

test('without settings the backend is on the same host, as behind the load balancer', () => {
  expect(readConfig(undefined)).toEqual({ apiUrl: '/api', environment: 'local' });
});

test('a refused prompt is explained in the words of the backend', async () => {
  await expect(ask('/api', '', answering(422, { detail: 'the prompt is empty' }))).rejects.toThrow(
    'the prompt is empty',
  );
});

test('a broken backend is named as such', async () => {
  await expect(ask('/api', 'x', answering(502, {}))).rejects.toThrow('The backend answered 502');
});
