import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Unpacks a ZIP file; what is executable in it stays so. */
export async function unzip(archive: string, directory: string): Promise<void> {
  await promisify(execFile)('python3', ['-c', UNZIP, archive, directory]);
}

/** Python is there, as moto is; its own extraction forgets which files are executable. */
const UNZIP = `
import os, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
for info in archive.infolist():
    path = archive.extract(info, sys.argv[2])
    mode = info.external_attr >> 16 & 0o777
    if mode and not info.is_dir():
        os.chmod(path, mode)
`;
