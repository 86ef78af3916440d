import { cdkCall } from './cdk-call';
import { type Command, positionals } from './command';
import { releaseOf } from './release';

/** What a build is there for. A script is one of the source, whatever it does. */
export type Work = 'install' | 'test' | 'build' | 'release' | 'script';

/** By program: what its first words do. */
const WORKS: readonly (readonly [program: RegExp, words: RegExp, work: Work])[] = [
  [
    /^(?:docker|podman|buildah|docker-compose)$/,
    /^(?:build|(?:buildx|image|compose) (?:build|bake))\b/,
    'build',
  ],
  [/^(?:npm|pnpm)$/, /^(?:ci|i|install)$/, 'install'],
  [/^yarn$/, /^(?:install)?$/, 'install'],
  [/^(?:npm|pnpm|yarn)$/, /^(?:run |run-script )?(?:t|tst|test\S*|e2e\S*|\S+:test|\S+:e2e)\b/, 'test'],
  [/^(?:npm|pnpm|yarn)$/, /^(?:run |run-script )?(?:build|compile|bundle|synth|migrate)\b/, 'build'],
  [/^(?:npm|pnpm|yarn)$/, /^(?:run |run-script )?(?:deploy|publish|release)\b/, 'release'],
  [/^pip3?$/, /^install (?!(?:pip|setuptools|wheel|awscli)(?: |$))/, 'install'],
  [/^(?:poetry|bundle|composer)$/, /^install\b/, 'install'],
  [/^uv$/, /^(?:sync|pip)\b/, 'install'],
  [
    /^(?:pytest|py\.test|unittest|tox|nox|jest|vitest|mocha|rspec|phpunit|playwright|cypress|newman|ctest)$/,
    /(?:)/,
    'test',
  ],
  [/^go$/, /^test\b/, 'test'],
  [/^go$/, /^build\b/, 'build'],
  [/^cargo$/, /^test\b/, 'test'],
  [/^cargo$/, /^build\b/, 'build'],
  [/^dotnet$/, /^test\b/, 'test'],
  [/^dotnet$/, /^(?:build|publish|restore)\b/, 'build'],
  [/^(?:mvn|mvnw)$/, /(?:^|\s)(?:test|verify)\b/, 'test'],
  [/^(?:mvn|mvnw)$/, /(?:^|\s)(?:compile|package|install|deploy)\b/, 'build'],
  [/^(?:gradle|gradlew)$/, /(?:^|\s|:)(?:test|check)\b/, 'test'],
  [/^(?:gradle|gradlew)$/, /(?:^|\s|:)(?:build|assemble|jib\w*|shadowJar)\b/i, 'build'],
  [
    /^(?:tsc|webpack|rollup|esbuild|make|cmake|hugo|vite|next|ng)$/,
    /^(?!lint|clean|--version|-v$|dev|serve)/,
    'build',
  ],
  [/^sam$/, /^(?:build|package)\b/, 'build'],
  [/^(?:alembic|flyway|liquibase|prisma|sequelize|knex)$/, /\b(?:upgrade|migrate|update)\b/, 'release'],
  [/^aws$/, /^cloudformation package\b/, 'build'],
  [/^aws$/, /^\S+ wait\b/, 'release'],
];

/** Of scripts: what their names say they do besides. */
const BESIDES = /clean|notify|notification|report|slack|log|lint|badge|metric|cache/i;

/** Undefined for what only looks, prepares or tidies up, so that its failure may well be ignored. */
export function workOf(command: Command): Work | undefined {
  if (command.name === '') return undefined;
  if (releaseOf(command)) return 'release';
  if (cdkCall(command)?.action === 'synth') return 'build';
  const words = positionals(command).join(' ');
  const found = WORKS.find(([program, begins]) => program.test(command.name) && begins.test(words));
  if (found) return found[2];
  const isShell = command.name === 'bash' || command.name === 'sh';
  const script = isShell ? positionals(command)[0] : command.path;
  return script !== undefined && /\.(?:sh|bash|py|mjs|js|ts)$/.test(script) && !BESIDES.test(script)
    ? 'script'
    : undefined;
}
