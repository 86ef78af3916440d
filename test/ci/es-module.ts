import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

/** What an ES module exports, such as those of ci/: jest's require() takes none. */
export function exportsOf<T>(file: string): T {
  const { outputText } = transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true },
  });
  const exported = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- text of this repository
  const run = new Function('exports', 'require', outputText) as (exports: object, require: unknown) => void;
  run(exported, (name: string) =>
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- Node.js's own modules
    name.startsWith('./') ? exportsOf(path.join(path.dirname(file), name)) : (require(name) as unknown),
  );
  return exported as T;
}
