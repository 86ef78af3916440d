import { digestsOf, PlayedPipeline } from './played-pipeline';

jest.setTimeout(300_000);

test.each([[['site']], [['api', 'web', 'worker']]])(
  'a push of %j is built, pushed, deployed, verified and recorded, so that nobody needs a backend and a frontend',
  async (names) => {
    const { pipeline, pushed } = await PlayedPipeline.released(...names);
    try {
      const { result, commit, deployed, log } = pushed;
      const recorded = await pipeline.recorded();
      const out = await pipeline.tagged(commit);
      const each = <T>(of: (name: string) => T): Record<string, T> =>
        Object.fromEntries(names.map((name) => [name, of(name)]));

      expect(out).toEqual(each(() => expect.stringMatching(/^sha256:/) as string));
      expect(await pipeline.standing()).toEqual({ runs: out, latest: out, record: out });
      expect(deployed.runs).toEqual(each(() => commit));
      expect(Object.keys(deployed.tags).sort()).toEqual(names.map((name) => `mangoo-${name}`));
      expect(recorded).toMatchObject({
        commit,
        images: each((name) => ({ repository: `mangoo-${name}`, built: true, from: commit })),
      });
      expect(Object.keys(recorded.taskDefinitions).sort()).toEqual(
        names.map((name) => `mangoo-${name}-service`),
      );
      for (const [name, digest] of Object.entries(digestsOf(recorded))) {
        expect(log).toContain(`==> mangoo-${name}-service runs ${digest}\n`);
      }

      const { exportedVariables, reports } = result.build ?? {};
      expect(reports?.map(({ name }) => name).sort()).toEqual(names.map((name) => `${name}-tests`));
      const uri = (name: string) =>
        `123456789012.dkr.ecr.us-east-1.amazonaws.com/mangoo-${name}@${out[name]}`;
      // BACKEND_IMAGE_URI and FRONTEND_IMAGE_URI are empty, and what is empty is left out.
      expect(exportedVariables).toEqual({
        IMAGE_TAG: commit,
        IMAGE_URIS: names.map((name) => `${name}=${uri(name)}`).join(' '),
      });
      // Nor does any step speak of them.
      expect(log.replaceAll(/BACKEND_IMAGE_URI|FRONTEND_IMAGE_URI|image-uri\.sh \w+/g, '')).not.toMatch(
        /backend|frontend/i,
      );
    } finally {
      await pipeline.remove();
    }
  },
);
