import { diskFull } from '../../../tools/preflight/rules/disk-full';
import { said } from '../example';

const spec = (command: string): string =>
  `version: 0.2\nphases:\n  build:\n    commands:\n      - ${command}\n`;

test('a daemon that copies the whole image for each layer is told', () => {
  expect(said(diskFull, { buildspec: spec('nohup dockerd --storage-driver=vfs &') })).toEqual([
    expect.stringMatching(/^warning buildspec\.yml:5 dockerd keeps images with the storage driver vfs/),
  ]);
});

test('nothing is said of overlay2, and of no driver at all', () => {
  expect(said(diskFull, { buildspec: spec('nohup dockerd --storage-driver=overlay2 &') })).toEqual([]);
  expect(said(diskFull)).toEqual([]);
});
