import { type FormEvent, useState } from 'react';
import { type Answer, ask } from './answers';
import type { Config } from './config';

export function App({ config }: { config: Config }) {
  const [prompt, setPrompt] = useState('');
  const [answer, setAnswer] = useState<Answer>();
  const [problem, setProblem] = useState<string>();

  async function submit(event: FormEvent) {
    event.preventDefault();
    setProblem(undefined);
    try {
      setAnswer(await ask(config.apiUrl, prompt));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <main>
      <h1>Mangoo</h1>
      {config.environment !== 'prod' && <p>This is {config.environment}.</p>}
      <form onSubmit={submit}>
        <label>
          Ask <input value={prompt} onChange={(event) => setPrompt(event.target.value)} />
        </label>
        <button>Send</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
      {answer && <p>{answer.text}</p>}
    </main>
  );
}
