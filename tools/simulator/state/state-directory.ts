import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../command';
import { Lock } from './lock';

/** Raised when what is in simulator.json changes its form. */
const VERSION = 1;

/** What simulator.json holds. */
interface Contents {
  readonly version: number;
  readonly account: string;
  readonly region: string;
  /** `moto`, or the URL of another emulator, which keeps its own state. */
  readonly emulator: string;
  /** The file with moto's state that belongs to this one. */
  readonly moto?: string;
  /** By component. */
  readonly parts: Readonly<Record<string, unknown>>;
}

/** Of whom the state is; another's cannot be taken up. */
export type Owner = Pick<Contents, 'account' | 'region' | 'emulator'>;

/**
 * The directory of `--state DIR`: an emulated AWS that outlives its process. Below it lie
 *
 * - `simulator.json`: what the simulator keeps itself (stacks, projects, credentials, ECS's deployments…), and the name of
 *   the file with the emulator's part. Replacing it, at once, is what makes a save count: until then the state is the former;
 * - `moto-N.pickle`: the emulator's resources and objects;
 * - `layers/`: the layers of pushed images, by digest;
 * - `functions/`: the code of deployed functions;
 * - `lock`: the process that uses the directory;
 * - `github.git`, `builds/`, `build-logs/`, `tmp/`…: what the simulator works with, where its directory is this one.
 *
 * The first two hold secrets, the credentials of the emulated AWS among them, and are readable by their owner only.
 */
export class StateDirectory {
  private contents?: Contents;
  private text = '';
  private generation = 0;

  private constructor(
    private readonly directory: string,
    private readonly owner: Owner,
    private readonly lock: Lock,
  ) {}

  /** @throws UserError for a directory that another simulator uses, or whose state cannot be taken up */
  static async open(directory: string, owner: Owner): Promise<StateDirectory> {
    await prepareStateDirectory(directory);
    const lock = await Lock.take(path.join(directory, 'lock'), `--state ${directory}`);
    try {
      const state = new StateDirectory(directory, owner, lock);
      await state.read();
      await state.tidy();
      return state;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Where moto's state is; a path without a file when there is none yet. */
  get motoFile(): string {
    return this.path(this.contents?.moto ?? 'moto-0.pickle');
  }

  get layers(): string {
    return this.path('layers');
  }

  /** What a component saved; undefined in a new directory. */
  part(name: string): unknown {
    return this.contents?.parts[name];
  }

  /** The number of the next file of moto's. */
  nextGeneration(): number {
    this.generation += 1;
    return this.generation;
  }

  /**
   * Replaces the state, unless it is what it was.
   *
   * @param generation of moto's file; undefined leaves the one of before
   */
  async commit(parts: Readonly<Record<string, unknown>>, generation: number | undefined): Promise<void> {
    const before = this.contents?.moto;
    const moto = generation === undefined ? before : motoFile(generation);
    const contents: Contents = { version: VERSION, ...this.owner, moto, parts };
    const text = JSON.stringify(contents);
    if (text === this.text) return;
    await replace(this.path('simulator.json'), text);
    this.contents = contents;
    this.text = text;
    if (before !== undefined && before !== moto) await rm(this.path(before), { force: true });
  }

  async close(): Promise<void> {
    await this.lock.release();
  }

  private async read(): Promise<void> {
    const file = this.path('simulator.json');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new UserError(`${file}: cannot be read: ${error.message}`);
    });
    if (text === undefined) return;
    const anew = `to start anew, remove ${this.directory} or name another directory`;
    let contents: Contents;
    try {
      contents = JSON.parse(text) as Contents;
      if (typeof contents.version !== 'number' || typeof contents.parts !== 'object') throw new Error();
    } catch {
      throw new UserError(`${file}: is not a state of the simulator; ${anew}`);
    }
    if (contents.version !== VERSION) {
      throw new UserError(
        `${file}: has version ${contents.version}, and this simulator reads version ${VERSION}; ${anew}`,
      );
    }
    for (const key of ['account', 'region', 'emulator'] as const) {
      if (contents[key] === this.owner[key]) continue;
      throw new UserError(
        `${file}: was written for ${key} ${contents[key]}, and this run has ${this.owner[key]}; ${anew}`,
      );
    }
    const { moto } = contents;
    if (moto !== undefined) {
      if (!/^moto-\d+\.pickle$/.test(moto) || !(await exists(this.path(moto)))) {
        throw new UserError(`${file}: names ${moto}, which is not there; ${anew}`);
      }
      this.generation = Number(/\d+/.exec(moto)?.[0]);
    }
    this.contents = contents;
    this.text = text;
  }

  /** Removes what a simulator that was killed had begun to write. */
  private async tidy(): Promise<void> {
    const current = this.contents?.moto;
    const names = await readdir(this.directory);
    const stale = names.filter(
      (name) => /^(moto-\d+\.pickle|simulator\.json\.new|lock\..*new)$/.test(name) && name !== current,
    );
    const uploads = (await readdir(this.layers).catch(() => [])).filter((name) => name.startsWith('upload-'));
    const files = [...stale, ...uploads.map((name) => path.join('layers', name))];
    await Promise.all(files.map((name) => rm(this.path(name), { force: true })));
  }

  private path(name: string): string {
    return path.join(this.directory, name);
  }
}

function motoFile(generation: number): string {
  return `moto-${generation}.pickle`;
}

/** What the simulator makes in it, before the first save too. */
const OURS =
  /^(simulator\.json(\.new)?|moto-\d+\.pickle|lock(\..*new)?|functions|layers|github\.git|builds|build-logs|registry-logins|tmp|tools|home|cdk\.out|aws-config|outputs\.json)$/;

/**
 * Makes the directory, before anything is put into it.
 *
 * @throws UserError when it cannot be a directory of this user alone, or holds somebody's files
 */
export async function prepareStateDirectory(directory: string): Promise<void> {
  try {
    // Not `recursive`, with which Node never ends below /proc. https://github.com/nodejs/node/issues/31481
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const parent = path.dirname(directory);
    if (code === 'ENOENT' && parent !== directory && !(await exists(parent))) {
      throw new UserError(`--state ${directory}: there is no directory ${parent}; make it, or name another`);
    }
    if (code !== 'EEXIST') throw new UserError(`--state ${directory}: cannot be made: ${message}`);
    if (!(await stat(directory)).isDirectory()) {
      throw new UserError(`--state ${directory}: expected a directory, got a file`);
    }
  }
  const names = await readdir(directory);
  const foreign = names.find((name) => !OURS.test(name));
  if (foreign !== undefined && !names.includes('simulator.json')) {
    throw new UserError(
      `--state ${directory}: is not a state of the simulator, it holds ${foreign}; name a new or empty directory`,
    );
  }
  // What is read from it decides what runs here.
  const { uid, mode } = await stat(directory);
  const me = process.getuid?.();
  if (me !== undefined && uid !== me) {
    throw new UserError(`--state ${directory}: belongs to another user; name a directory of your own`);
  }
  if (mode & constants.S_IWOTH) {
    throw new UserError(`--state ${directory}: everybody may write to it; run: chmod o-w ${directory}`);
  }
}

/** All or nothing, also when the machine stops. */
async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.new`;
  const handle = await open(next, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
