import path from 'node:path';
import { copiedBy } from '../model/copied';
import { folderOf } from '../model/docker-build';
import type { Dockerfile } from '../model/dockerfile';
import type { PackageManifest } from '../model/manifests';
import { mentions } from '../model/mentions';
import type { Model } from '../model/model';
import { programsOf } from '../model/run';
import type { Found, Rule } from '../rule';

export const unsetBuildVariable: Rule = {
  id: 'F84',
  name: 'unset-build-variable',
  title: 'A page is built without a value that is baked into it',
  cause:
    'the bundler replaces the variable by its value when it builds: later nothing can set it, and one image has the same for every environment',
  fix: 'give it to the build, or let the page read its settings when it starts, e.g. from a config.js that the container writes',
  link: 'https://vite.dev/guide/env-and-mode',
  *check(model: Model): Iterable<Found> {
    for (const manifest of model.packages) {
      const bundler = BUNDLERS.find(
        ({ name }) => name in { ...manifest.dependencies, ...manifest.devDependencies },
      );
      if (!bundler || !isBuilt(manifest, model)) continue;
      const told = new Set<string>();
      for (const { name, file, line } of usesOf(manifest, bundler, model)) {
        if (told.has(name) || isGiven(name, manifest, model)) continue;
        told.add(name);
        const env = path.posix.join(manifest.folder, '.env');
        const local = model.source.isUntracked(env) ? model.source.ignoredBy(env) : undefined;
        yield {
          level: 'warning',
          place: { file, line },
          message: `${name} is not given to the build of ${manifest.folder || manifest.path}${local === undefined ? '' : `; .env is not in git (${local})`}`,
          fix: `ARG ${name} before the build in the Dockerfile and docker build --build-arg ${name}=…, or read it when the page starts`,
        };
      }
    }
  },
};

interface Bundler {
  readonly name: string;
  /** How a page asks, with the variable's name; those with another value beside them do without. */
  readonly use: RegExp;
}

/** https://vite.dev/guide/env-and-mode, https://create-react-app.dev/docs/adding-custom-environment-variables/, https://nextjs.org/docs/app/guides/environment-variables */
const BUNDLERS: readonly Bundler[] = [
  { name: 'vite', use: /import\.meta\.env\.(VITE_\w+)(?!\w)(?!\s*(?:\?\?|\|\||\?[^.]))/g },
  { name: 'react-scripts', use: /process\.env\.(REACT_APP_\w+)(?!\w)(?!\s*(?:\?\?|\|\||\?[^.]))/g },
  { name: 'next', use: /process\.env\.(NEXT_PUBLIC_\w+)(?!\w)(?!\s*(?:\?\?|\|\||\?[^.]))/g },
];

function* usesOf(
  { folder }: PackageManifest,
  { use }: Bundler,
  { source, packages }: Model,
): Iterable<{ name: string; file: string; line: number }> {
  const prefix = folder === '' ? '' : `${folder}/`;
  // What has a package of its own is told there.
  const inner = packages
    .filter((one) => one.folder !== folder && one.folder.startsWith(prefix))
    .map((one) => `${one.folder}/`);
  for (const file of source.files.keys()) {
    if (!file.startsWith(prefix) || inner.some((one) => file.startsWith(one))) continue;
    if (
      !/\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/.test(file) ||
      /\.(?:test|spec|stories|config|d)\.|(?:^|\/)(?:__tests__|tests?|node_modules|e2e|cypress)\//.test(file)
    )
      continue;
    const text = source.read(file);
    // Bundles have been built.
    if (text === undefined || text.length > 500_000) continue;
    for (const match of text.matchAll(use)) {
      const before = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
      // A comment, or the question whether it is set.
      if (/\/\/|^\s*\*|\bif\s*\(|&&\s*$|!\s*$/.test(before)) continue;
      yield { name: match[1] ?? '', file, line: text.slice(0, match.index).split('\n').length };
    }
  }
}

/** By a command, or within an image. */
function isBuilt(manifest: PackageManifest, model: Model): boolean {
  const byCommand = model.builds.some(({ commands }) =>
    commands.some(({ name, words, cwd, text }) => {
      const here = cwd === manifest.folder || (manifest.folder !== '' && text.includes(manifest.folder));
      return (
        here &&
        (/^(?:vite|next|react-scripts)$/.test(name) || /^(?:npm|yarn|pnpm)$/.test(name)) &&
        words.includes('build')
      );
    }),
  );
  return byCommand || imagesOf(manifest, model).length > 0;
}

/** The Dockerfiles that build it: they copy its manifest, and run what builds. */
function imagesOf({ path: manifest }: PackageManifest, { dockerfiles, source }: Model): Dockerfile[] {
  return dockerfiles.filter(({ stages, contexts, path: file, ignore, built }) => {
    const context = contexts[0] ?? folderOf(file);
    return (
      built &&
      stages.some(
        ({ instructions }) =>
          instructions.some((one) => programsOf(one).some(({ words }) => words.includes('build'))) &&
          instructions.some((one) => copiedBy(one, context, source, ignore).includes(manifest)),
      )
    );
  });
}

function isGiven(name: string, manifest: PackageManifest, model: Model): boolean {
  const { source, builds } = model;
  const files = ['.env', '.env.production', '.env.local', '.env.production.local'].map((file) =>
    path.posix.join(manifest.folder, file),
  );
  const assigned = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`, 'm');
  return (
    files.some((file) => assigned.test(source.read(file) ?? '')) ||
    Object.values(manifest.scripts).some((script) => script.includes(name)) ||
    builds.some((build) => mentions(build, name)) ||
    imagesOf(manifest, model).some(({ stages }) =>
      stages.some(({ instructions }) => instructions.some((one) => isSet(name, one))),
    ) ||
    // Its configuration may define it.
    [...source.files.keys()].some(
      (file) =>
        folderOf(file) === manifest.folder &&
        /(?:^|\/)(?:vite|next)\.config\.\w+$/.test(file) &&
        source.read(file)?.includes(name),
    )
  );
}

/** An argument without a default has a value only if a command gives one, and that has its name. */
function isSet(
  name: string,
  { keyword, rest }: Dockerfile['stages'][number]['instructions'][number],
): boolean {
  if (keyword === 'ARG') return new RegExp(`\\b${name}=\\S`).test(rest);
  return (
    (keyword === 'ENV' && new RegExp(`\\b${name}[=\\s]+(?!"?\\$\\{?${name}\\b)`).test(rest)) ||
    (keyword === 'RUN' && rest.includes(`${name}=`))
  );
}
