import type { Rule } from '../rule';

/** Characters of all names and values of a build's variables. */
const MOST = 5_500;
/** AWS says "around". */
const NEARLY = 5_000;

export const largeVariables: Rule = {
  id: 'F114',
  name: 'large-variables',
  title: 'The variables of a project are larger together than a build takes',
  awsError: 'CodeBuild is experiencing an issue',
  cause:
    'the names and values of all variables together may have around 5,500 characters; beyond, builds fail while they are provisioned, and nothing says why',
  fix: 'shorten the longest; or keep it in Parameter Store, and let a command of the build read it',
  link: 'https://docs.aws.amazon.com/codebuild/latest/userguide/troubleshooting.html',
  *check({ projects }) {
    for (const project of projects) {
      const sizes = project.environment.variables
        .map(({ name, value }) => ({ name, size: name.length + atLeast(value) }))
        .sort((a, b) => b.size - a.size);
      const all = sizes.reduce((sum, { size }) => sum + size, 0);
      if (all <= NEARLY) continue;
      const longest = sizes.slice(0, 3).map(({ name, size }) => `${name} ${size}`);
      yield {
        level: all > MOST ? 'error' : 'warning',
        place: project.resource.place,
        message: `the variables of ${project.name} have at least ${all} characters together, around ${MOST} being the most: ${longest.join(', ')}`,
      };
    }
  },
};

/** What only the deployment will know is counted as nothing. */
function atLeast(value: string): number {
  return value.replace(/‹[^›]*›/g, '').length;
}
