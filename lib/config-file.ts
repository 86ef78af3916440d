import { existsSync } from 'node:fs';
import path from 'node:path';
import type { PipelineConfig } from './config';
import { ConfigError, validate } from './config-validation';

/**
 * Reads a configuration: the default export of a TypeScript file.
 *
 * @param file relative to the current directory
 * @throws ConfigError when there is no such file, it cannot be read, or what it says cannot be used
 */
export function loadConfig(file: string): PipelineConfig {
  const absolute = path.resolve(file);
  if (!existsSync(absolute)) throw new ConfigError(file, ['no such file']);
  let loaded: { default?: PipelineConfig };
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the path is the user's, and ts-node compiles it
    loaded = require(absolute) as { default?: PipelineConfig };
  } catch (error) {
    throw new ConfigError(file, [String(error).split('\n')[0] ?? '']);
  }
  if (typeof loaded.default !== 'object') {
    throw new ConfigError(file, [
      'expected `export default config`, a PipelineConfig, got no default export',
    ]);
  }
  validate(loaded.default, file);
  return loaded.default;
}
