export interface Config {
  /** Where the backend answers, without a slash at the end. */
  readonly apiUrl: string;
  readonly environment: string;
}

declare global {
  interface Window {
    mangooConfig?: Partial<Config>;
  }
}

/** What the container wrote into config.js when it started, completed with what a laptop needs. */
export function readConfig(given: Partial<Config> | undefined): Config {
  return {
    apiUrl: (given?.apiUrl ?? '/api').replace(/\/+$/, ''),
    environment: given?.environment ?? 'local',
  };
}
