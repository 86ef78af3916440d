import type { Build } from '../model/build';
import { cdkCall, selects } from '../model/cdk-call';
import { briefly } from '../model/command';
import type { Stack } from '../model/stack';
import type { Found, Rule } from '../rule';

export const deploysItself: Rule = {
  id: 'F68',
  name: 'deploys-itself',
  title: 'A build deploys the stack of its own project',
  cause:
    'the change replaces the project, its role or its logs under the running build, which then ends, or loses its permissions, in mid-deployment; and whoever can push can change what builds may do',
  fix: "name the application's stacks, and deploy that of the pipeline by hand or from a pipeline of its own",
  link: 'https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html',
  *check({ builds, stacks, source }): Iterable<Found> {
    const apps = [...source.files.keys()].filter(
      (file) => /(?:^|\/)cdk\.json$/.test(file) && !file.includes('node_modules/'),
    );
    for (const build of builds) {
      const { project } = build;
      if (!project || mutatesItself(build)) continue;
      const assembly = stacks.filter((stack) => folderOf(stack) === folderOf(project.stack));
      for (const command of build.commands) {
        const call = cdkCall(command);
        if (call?.action !== 'deploy') continue;
        const isNamed = call.stacks.includes(project.stack.name);
        // Which app `--all` means is certain only where there is one.
        const isMeant =
          isNamed || (apps.length <= 1 && selects(call, project.stack.name, assembly.length) === true);
        if (!isMeant) continue;
        const others = assembly.filter((stack) => stack !== project.stack).map(({ name }) => name);
        yield {
          level: 'warning',
          place: command.place,
          message: `\`${briefly(command)}\` deploys ${project.stack.name} too, which has ${project.name}, the project that runs it`,
          fix: others.length
            ? `cdk deploy ${others.join(' ')} --exclusively --require-approval never`
            : undefined,
        };
      }
    }
  },
};

/** As CDK Pipelines means it: an action that does nothing else, after which the pipeline starts anew. */
function mutatesItself({ project, commands }: Build): boolean {
  const isNamed = /SelfMutat|UpdatePipeline/i.test(
    project?.resource.place.resource ?? project?.resource.logicalId ?? '',
  );
  return isNamed && commands.every(({ name }) => ['npm', 'cdk', 'cd', 'export', ''].includes(name));
}

function folderOf({ file }: Stack): string {
  return file.split('/').slice(0, -1).join('/');
}
