import { homedir } from 'node:os';
import path from 'node:path';

/** Settings of the host's tools that a build needs in order to reach package registries as the user does. */
const KEPT = new Set([
  'LANG',
  'TZ',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_PROXY',
  'NPM_CONFIG_HTTPS_PROXY',
  'NPM_CONFIG_NOPROXY',
  'NPM_CONFIG_CAFILE',
  'NPM_CONFIG_CA',
  'NPM_CONFIG_STRICT_SSL',
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_FIND_LINKS',
  'PIP_CERT',
  'PIP_TRUSTED_HOST',
  'PIP_CONFIG_FILE',
]);

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a process that a tool starts may see of the user's environment: where tools are and how package registries are
 * reached. The user's AWS credentials, profiles and settings are not part of it, nor is anything else.
 */
export function hostEnvironment(env: Environment): Record<string, string> {
  const home = env.HOME ?? homedir();
  const kept: Record<string, string> = {
    PATH: withoutNpmFolders(env.PATH ?? ''),
    // Downloads that the user already has are not made again; a cache never changes what `npm ci` installs.
    NPM_CONFIG_CACHE: env.npm_config_cache ?? env.NPM_CONFIG_CACHE ?? path.join(home, '.npm'),
    NPM_CONFIG_USERCONFIG:
      env.npm_config_userconfig ?? env.NPM_CONFIG_USERCONFIG ?? path.join(home, '.npmrc'),
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    // A notice about the SDK's own future, in the middle of a build's output.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    NO_PROXY: [env.NO_PROXY ?? env.no_proxy, 'localhost', '127.0.0.1'].filter(Boolean).join(','),
  };
  for (const [name, value] of Object.entries(env)) {
    if (value && (KEPT.has(name.toUpperCase()) || /^LC_[A-Z]+$/.test(name))) kept[name] = value;
  }
  return kept;
}

/** `npm run` puts `node_modules/.bin` of this project in front; a build that finds tools there would lie. */
function withoutNpmFolders(value: string): string {
  return value
    .split(path.delimiter)
    .filter((folder) => !/node_modules\/\.bin\/?$|node-gyp-bin\/?$/.test(folder))
    .join(path.delimiter);
}
