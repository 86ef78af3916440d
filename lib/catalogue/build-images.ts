/**
 * CodeBuild's managed images and the runtime versions that each has installed, as of 2026-04-09. Any other version of a
 * runtime listed here is downloaded during the build, which is slow; any other runtime is an error. None has `docker`.
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
} as const satisfies Record<string, Readonly<Record<string, readonly string[]>>>;

export type BuildImage = keyof typeof BUILD_IMAGES;
