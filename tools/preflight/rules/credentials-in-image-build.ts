import { lineage } from '../model/dockerfile';
import { type Program, programsOf } from '../model/run';
import type { Found, Rule } from '../rule';

export const credentialsInImageBuild: Rule = {
  id: 'F45',
  name: 'credentials-in-image-build',
  title: 'A step of an image build calls AWS without credentials',
  awsError: 'Unable to locate credentials. You can configure credentials by running "aws configure".',
  cause:
    "the build's credentials are not there within docker build: neither its variables nor its endpoint for them",
  fix: 'call AWS before docker build and COPY what it gives, or mount the credentials: RUN --mount=type=secret,id=aws,target=/root/.aws/credentials',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html#troubleshooting-versions',
  *check({ dockerfiles }): Iterable<Found> {
    for (const { path, stages, built } of dockerfiles) {
      for (const stage of built ? stages : []) {
        const all = lineage(stages, stage);
        // Arguments and variables may carry credentials.
        if (all.some(({ keyword, rest }) => /^(?:ARG|ENV|COPY|ADD)$/.test(keyword) && CREDENTIALS.test(rest)))
          continue;
        for (const instruction of stage.instructions) {
          if (/type=(?:secret|ssh)/.test(instruction.text) || CREDENTIALS.test(instruction.rest)) continue;
          const call = programsOf(instruction).find(needsCredentials);
          if (!call) continue;
          yield {
            level: 'error',
            place: { file: path, line: instruction.line },
            message: `${[call.name, ...call.words.slice(0, 2)].join(' ')} has no credentials within docker build`,
          };
        }
      }
    }
  },
};

const CREDENTIALS =
  /AWS_(?:ACCESS_KEY_ID|SESSION_TOKEN|PROFILE|CONTAINER_CREDENTIALS|WEB_IDENTITY|SHARED_CREDENTIALS|CONFIG_FILE)|\.aws\b/;

function needsCredentials({ name, words }: Program): boolean {
  if (name !== 'aws' || words.some((word) => /^(?:--no-sign-request|--version|help|--profile)$/.test(word)))
    return false;
  const [service] = words.filter(
    (word, i) => !word.startsWith('-') && !/^--(?:region|output|endpoint-url)$/.test(words[i - 1] ?? ''),
  );
  return service !== undefined && /^[a-z][\w-]*$/.test(service) && service !== 'configure';
}
