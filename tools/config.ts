import type { PipelineConfig } from '../lib/config';
import { loadConfig } from '../lib/config-file';
import { ConfigError } from '../lib/config-validation';
import { UserError } from './command';

/** @throws UserError that lists all that is wrong with the configuration */
export function readConfig(file: string): PipelineConfig {
  try {
    return loadConfig(file);
  } catch (error) {
    if (error instanceof ConfigError) throw new UserError(error.message);
    throw error;
  }
}
