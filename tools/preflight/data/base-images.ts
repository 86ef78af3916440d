/**
 * Which of the tools that health checks call an image does not have, as of 2026-11: of the images that are here, nothing else is
 * known. Debian's slim images and Ubuntu's have neither; Alpine has BusyBox's wget.
 *
 * Sources: the Dockerfiles of https://github.com/docker-library/official-images, https://wiki.alpinelinux.org/wiki/BusyBox,
 * https://github.com/GoogleContainerTools/distroless and https://docs.aws.amazon.com/linux/al2023/ug/curl-minimal.html.
 */
export const ABSENT: readonly {
  /** Of the repository without `library/`, with its tag. */
  readonly image: RegExp;
  readonly tools: readonly string[];
}[] = [
  {
    image: /^(?:python|node|ruby|debian|golang|rust|php):(?:[\w.-]+-)?slim(?:-\w+)?$/,
    tools: ['curl', 'wget'],
  },
  { image: /^(?:debian|ubuntu)(?::(?!.*-scm)[\w.-]+)?$/, tools: ['curl', 'wget'] },
  { image: /^(?:python|node|ruby|golang):(?:[\w.-]+-)?alpine[\d.]*$/, tools: ['curl'] },
  { image: /^alpine(?::[\w.-]+)?$/, tools: ['curl'] },
  {
    image: /^(?:[\w.-]+\/)*distroless\/[\w.-]+(?::(?!.*debug)[\w.-]+)?$/,
    tools: ['curl', 'wget', 'sh', 'bash'],
  },
  { image: /^scratch$/, tools: ['curl', 'wget', 'sh', 'bash'] },
  { image: /^amazonlinux:2023[\w.-]*$/, tools: ['wget'] },
];
