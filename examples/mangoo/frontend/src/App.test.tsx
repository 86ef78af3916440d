import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { App } from './App';

const page = (environment: string) => renderToStaticMarkup(<App config={{ apiUrl: '/api', environment }} />);

test('nobody mistakes a test environment for the real one', () => {
  expect(page('dev')).toContain('This is dev.');
  expect(page('prod')).not.toContain('This is');
});

test('there is a labelled field to ask in', () => {
  expect(page('prod')).toMatch(/<label>Ask <input/);
});
