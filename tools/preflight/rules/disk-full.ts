import { option } from '../model/command';
import type { Rule } from '../rule';

export const diskFull: Rule = {
  id: 'F37',
  name: 'disk-full',
  title: 'The disk fills up',
  awsError: 'no space left on device',
  cause: "Docker's storage driver vfs keeps a whole copy of the image for each of its layers",
  fix: 'use overlay2, which is what the managed images start Docker with',
  link: 'https://docs.docker.com/engine/storage/drivers/vfs-driver/',
  *check(model) {
    for (const { commands } of model.builds) {
      for (const command of commands) {
        const isDaemon = command.name.startsWith('dockerd') || command.name === 'buildah';
        if (!isDaemon || option(command, '--storage-driver', '-s') !== 'vfs') continue;
        yield {
          level: 'warning',
          place: command.place,
          message: `${command.name} keeps images with the storage driver vfs: each layer takes the disk space of all layers below it`,
        };
      }
    }
  },
};
