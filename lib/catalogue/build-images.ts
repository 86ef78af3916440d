type Runtimes = Readonly<Record<string, readonly string[]>>;

/**
 * The managed images that the pipeline may use, and the runtime versions that each has installed, as of 2026-04-09. Any other
 * version of a runtime listed here is downloaded during the build, which is slow; any other runtime is an error. None has
 * `docker`.
 *
 * Sources: https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html and the `runtimes.yml` files of
 * https://github.com/aws/aws-codebuild-docker-images at 1590e48.
 */
export const BUILD_IMAGES = {
  'standard:7.0': {
    dotnet: ['6.0', '8.0'],
    golang: ['1.20', '1.21', '1.22', '1.23', '1.24', '1.25'],
    java: ['corretto8', 'corretto11', 'corretto17', 'corretto21'],
    nodejs: ['18', '20', '22', '24'],
    php: ['8.1', '8.2', '8.3', '8.4'],
    python: ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14'],
    ruby: ['3.1', '3.2', '3.3', '3.4'],
  },
  'standard:8.0': {
    dotnet: ['8.0', '10.0'],
    golang: ['1.24', '1.25', '1.26'],
    java: ['corretto8', 'corretto11', 'corretto17', 'corretto21', 'corretto25'],
    nodejs: ['22', '24'],
    php: ['8.2', '8.3', '8.4', '8.5'],
    python: ['3.10', '3.11', '3.12', '3.13', '3.14'],
    ruby: ['3.3', '3.4', '4.0'],
    rust: ['1.93'],
  },
} as const satisfies Record<string, Runtimes>;

export type BuildImage = keyof typeof BUILD_IMAGES;

export interface ManagedImage {
  readonly runtimes: Runtimes;
  /** Whether versions that the image lacks are downloaded; otherwise they are an error, as those of `docker` always are. */
  readonly downloads: boolean;
  /** Whether a buildspec must choose a runtime. */
  readonly requiresRuntime?: true;
}

/**
 * Managed Linux images by their name after `aws/codebuild/`, each from its `runtimes.yml` in
 * https://github.com/aws/aws-codebuild-docker-images at the commit that is named: the current ones, and of those that are no
 * longer maintained the ones that buildspecs still ask for. Lambda images are not here.
 */
export const MANAGED_IMAGES: Readonly<Record<string, ManagedImage>> = {
  'standard:7.0': { runtimes: BUILD_IMAGES['standard:7.0'], downloads: true },
  'standard:8.0': { runtimes: BUILD_IMAGES['standard:8.0'], downloads: true },
  // At 0c5eb16.
  'amazonlinux-x86_64-standard:5.0': {
    runtimes: {
      dotnet: ['6.0', '8.0', '10.0'],
      golang: ['1.20', '1.21', '1.22', '1.23', '1.24', '1.25', '1.26'],
      java: ['corretto8', 'corretto11', 'corretto17', 'corretto21', 'corretto25'],
      nodejs: ['18', '20', '22', '24'],
      php: ['8.2', '8.3', '8.4', '8.5'],
      python: ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14'],
      ruby: ['3.1', '3.2', '3.3', '3.4', '4.0'],
    },
    downloads: true,
  },
  // At 0c5eb16.
  'amazonlinux-x86_64-standard:6.0': { runtimes: BUILD_IMAGES['standard:8.0'], downloads: true },
  // At eacc404.
  'amazonlinux-aarch64-standard:3.0': {
    runtimes: {
      docker: ['23'],
      dotnet: ['6.0', '8.0', '10.0'],
      golang: ['1.20', '1.21', '1.22', '1.23'],
      java: ['corretto8', 'corretto11', 'corretto17', 'corretto21', 'corretto25'],
      nodejs: ['18', '20', '22', '24'],
      php: ['8.1', '8.2', '8.3', '8.4', '8.5'],
      python: ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14'],
      ruby: ['3.1', '3.2', '3.3', '3.4'],
    },
    downloads: true,
  },
  // At 1590e48.
  'amazonlinux-aarch64-standard:4.0': {
    runtimes: { ...BUILD_IMAGES['standard:8.0'], docker: ['23'], rust: ['1.94'] },
    downloads: true,
  },
  // No longer maintained; at 2f7c470.
  'amazonlinux2-x86_64-standard:4.0': {
    runtimes: {
      docker: ['20'],
      dotnet: ['6.0'],
      golang: ['1.18'],
      java: ['corretto17'],
      nodejs: ['16'],
      php: ['8.1'],
      python: ['3.9'],
      ruby: ['3.1'],
    },
    downloads: true,
  },
  // No longer maintained; at 18a7d78.
  'standard:6.0': {
    runtimes: {
      dotnet: ['6.0'],
      golang: ['1.18'],
      java: ['corretto17'],
      nodejs: ['16'],
      php: ['8.1', '8.2'],
      python: ['3.10'],
      ruby: ['3.1'],
    },
    downloads: false,
  },
  // No longer maintained; at 15d160b.
  'standard:5.0': {
    runtimes: {
      dotnet: ['3.1', '5.0'],
      golang: ['1.15', '1.16', '1.17', '1.18'],
      java: ['corretto8', 'corretto11'],
      nodejs: ['12', '14'],
      php: ['7.3', '7.4', '8.0'],
      python: ['3.7', '3.8', '3.9'],
      ruby: ['2.6', '2.7'],
    },
    downloads: false,
  },
  // No longer offered; at 0299ce6.
  'standard:2.0': {
    runtimes: {
      android: ['28', '29'],
      docker: ['18'],
      dotnet: ['2.2'],
      golang: ['1.12', '1.13'],
      java: ['openjdk8', 'openjdk11'],
      nodejs: ['8', '10'],
      php: ['7.3'],
      python: ['3.7'],
      ruby: ['2.6'],
    },
    downloads: false,
    requiresRuntime: true,
  },
};

/** Knows an image also with the release behind its version, e.g. `aws/codebuild/standard:7.0-25.09.24`. */
export function managedImage(image: string): ManagedImage | undefined {
  const [, name] = /^aws\/codebuild\/([\w.-]+:[\d.]+)(-[\w.]+)?$/.exec(image) ?? [];
  return name === undefined ? undefined : MANAGED_IMAGES[name];
}

/**
 * The newest of the installed versions that `runtime-versions` asks for, by its number, as `22.x` or as `latest`.
 *
 * https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html
 */
export function installedVersion(installed: readonly string[], wanted: string): string | undefined {
  return installed.findLast(
    (one) =>
      wanted === 'latest' ||
      one === wanted ||
      (wanted.endsWith('.x') && `${one}.`.startsWith(wanted.slice(0, -1))),
  );
}

/** In CodeBuild's words. */
export function unknownRuntime(name: string, { runtimes }: ManagedImage): string {
  const known = Object.keys(runtimes).sort().join(', ');
  return `Unknown runtime named '${name}'. This build image has the following runtimes: ${known}`;
}

/** In CodeBuild's words. */
export function unknownVersion(name: string, wanted: string, installed: readonly string[]): string {
  return `Unknown runtime version named '${wanted}' of ${name}. This build image has the following versions: ${installed.join(', ')}`;
}
