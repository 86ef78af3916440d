import path from 'node:path';
import { dockerBuilds, folderOf } from './docker-build';
import type { Dockerfile } from './dockerfile';
import { imageName } from './image-name';
import type { Model } from './model';
import type { Container } from './service';

/** What an image of a container is built from. */
export interface ImageSource {
  readonly dockerfile: Dockerfile;
  /** Whether a build tags what it makes of the Dockerfile with the image's repository; otherwise their names are alike. */
  readonly certain: boolean;
}

/** Undefined where nothing of the source tells. */
export function sourceOf(container: Container, model: Model): ImageSource | undefined {
  const repository = imageName(container.image)?.repository;
  if (repository === undefined) return undefined;
  for (const { commands } of model.builds) {
    const built = new Map<string, string>();
    for (const command of commands) {
      for (const { dockerfile, options } of dockerBuilds(command, model.source)) {
        for (const tag of options.get('--tag') ?? [])
          if (dockerfile !== undefined) built.set(tag, dockerfile);
      }
      const { name, words } = command;
      const [from = '', to] = name === 'docker' && words[0] === 'tag' ? words.slice(1) : [];
      const dockerfile = built.get(from);
      if (to !== undefined && dockerfile !== undefined) built.set(to, dockerfile);
    }
    const files = [...built].flatMap(([tag, file]) => (repositoryOf(tag) === repository ? file : []));
    const found = model.dockerfiles.find((dockerfile) => dockerfile.path === files[0]);
    if (found && new Set(files).size === 1) return { dockerfile: found, certain: true };
  }
  const alike = model.dockerfiles.filter((dockerfile) => {
    const folder = path.posix.basename(dockerfile.contexts[0] ?? folderOf(dockerfile.path));
    return dockerfile.built && folder !== '' && new RegExp(`(?:^|[-_/])${escaped(folder)}$`).test(repository);
  });
  return alike.length === 1 && alike[0] ? { dockerfile: alike[0], certain: false } : undefined;
}

function repositoryOf(tag: string): string | undefined {
  return imageName(tag)?.repository;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
