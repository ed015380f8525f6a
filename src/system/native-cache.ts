import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorChain, WorkerError } from '../base/errors.ts';
import { HOUR_MS } from '../base/units.ts';
import { codeOf } from '../base/system-code.ts';
import type { Environment } from './environment.ts';
import type { Payload, PayloadName } from './payloads.ts';
import { privateFolder } from './private-folder.ts';

/** The variable that moves the cache, for accounts whose own folder is read-only or may not hold programs. */
export const CACHE_VARIABLE = 'STUDIO_WORKER_CACHE_DIR';

export interface NativeCacheOptions {
  readonly environment: Pick<Environment, 'platform' | 'get' | 'homeDir' | 'tempDir'>;
  readonly payloads: Readonly<Partial<Record<PayloadName, Payload>>>;
}

/** Native files that travel inside the executable, as files on this disk. */
export interface NativeCache {
  /**
   * Puts a package's files into the account's cache and returns their folder; undefined in a checkout, where the
   * package finds its own. Cheap when they are there already, and safe for several processes at once.
   *
   * @throws WorkerError `native.unavailable`
   */
  unpack(name: PayloadName): Promise<string | undefined>;
}

/** The cache of this account, which may have to be elsewhere than custom has it. */
export interface AccountCache extends NativeCache {
  /** Where what is not part of the executable may be kept, too. */
  readonly folder: string;
  /** The folder of an archive that was unpacked before, if every file in it still has its size. */
  find(name: string, sha256: string): string | undefined;
  /**
   * Puts an archive's files into the cache like a payload's, and returns their folder.
   *
   * @throws WorkerError `native.unavailable`
   */
  unpackFrom(name: string, archive: Payload): Promise<string>;
  /** Calls back, once, when the account's cache cannot be written and another place is used instead. */
  onMoved(call: (moved: CacheMoved) => void): void;
}

export interface CacheMoved {
  /** Where the cache would be by custom. */
  readonly from: string;
  readonly to: string;
  readonly because: string;
  readonly hint: string;
}

/** What the system says of a place where this account may not write, or that is not there. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ELOOP']);

/** Names every file of a folder with its size. Written last: a folder that has it was unpacked whole. */
const MANIFEST = '.complete';
/** Only the owner may read, write and load what is here. */
const PRIVATE = 0o700;

const unpacked = new Map<PayloadName, string>();

/** Where a payload lies. The build makes packages ask this instead of searching; asking before `unpack` is our mistake. */
export function unpackedFolder(name: PayloadName): string {
  const folder = unpacked.get(name);
  if (folder === undefined) throw new WorkerError('internal', `${name} was asked for before it was unpacked`);
  return folder;
}

/** The cache of this account. Nothing is written before something is asked for. */
export function createNativeCache({ environment, payloads }: NativeCacheOptions): AccountCache {
  const root = cacheFolder(environment);
  let moved: CacheMoved | undefined;
  let tell: ((moved: CacheMoved) => void) | undefined;

  function move(because: string): string {
    const to = privateFolder(environment.tempDir);
    moved = { from: root ?? 'the home folder', to, because, hint: REMEDY };
    tell?.(moved);
    return to;
  }

  /** A service account may have no home to write in; whoever named a folder means that one and no other. */
  function moveFor(thrown: unknown): string {
    if (environment.get(CACHE_VARIABLE) || !UNWRITABLE.has(codeOf(thrown) ?? '')) throw thrown;
    return move(errorChain(thrown));
  }

  const place = (): string => moved?.to ?? root ?? move('this account has no home folder');

  const put = (folder: string, name: string, payload: Payload): Promise<string> =>
    ensureUnpacked(join(folder, 'native'), name, payload);

  async function unpackFrom(name: string, payload: Payload): Promise<string> {
    try {
      return await put(place(), name, payload).catch((thrown: unknown) => put(moveFor(thrown), name, payload));
    } catch (thrown) {
      throw thrown instanceof WorkerError && thrown.code === 'native.unavailable'
        ? thrown
        : unusable(root ?? environment.tempDir, thrown);
    }
  }

  return {
    unpack: async (name) => {
      const payload = payloads[name];
      if (payload === undefined) return undefined;
      const folder = await unpackFrom(name, payload);
      unpacked.set(name, folder);
      return folder;
    },
    unpackFrom,
    get folder() {
      return place();
    },
    find(name, sha256) {
      const folder = folderOf(join(place(), 'native'), name, sha256);
      return isIntact(folder) ? folder : undefined;
    },
    onMoved(call) {
      tell = call;
      if (moved !== undefined) call(moved);
    },
  };
}

const REMEDY = `Set ${CACHE_VARIABLE} to a folder where this account may write files and run programs.`;

/** Says that a package's files cannot be put, or loaded from, where they are, and how to move them. */
export const unusable = (root: string, cause: unknown): WorkerError =>
  new WorkerError('native.unavailable', `cannot use native files in ${root}: ${errorChain(cause)}`, {
    cause,
    hint: REMEDY,
  });

/** The folder for files that can be made again, by each system's own custom; undefined without any home to be in. */
export function cacheFolder(environment: Pick<Environment, 'platform' | 'get' | 'homeDir'>): string | undefined {
  const { platform, get, homeDir } = environment;
  const asked = get(CACHE_VARIABLE);
  if (asked) return asked;
  const named = get(platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME');
  if (platform === 'win32' && named) return join(named, 'studio-worker', 'cache');
  if (platform !== 'darwin' && platform !== 'win32' && named) return join(named, 'studio-worker');
  if (homeDir === '') return undefined;
  if (platform === 'win32') return join(homeDir, 'AppData', 'Local', 'studio-worker', 'cache');
  return platform === 'darwin'
    ? join(homeDir, 'Library', 'Caches', 'studio-worker')
    : join(homeDir, '.cache', 'studio-worker');
}

/** A folder is named after its content, so two releases never share one and an update needs no clean-up before it. */
const folderOf = (root: string, name: string, sha256: string): string => join(root, `${name}-${sha256.slice(0, 16)}`);

async function ensureUnpacked(root: string, name: string, payload: Payload): Promise<string> {
  const folder = folderOf(root, name, payload.sha256);
  if (isIntact(folder)) return folder;
  const archive = await readArchive(name, payload);
  mkdirSync(root, { recursive: true, mode: PRIVATE });
  moveAside(folder);
  const temporary = `${folder}.${randomUUID()}`;
  try {
    await extract(archive, temporary);
    renameSync(temporary, folder);
  } catch (thrown) {
    rmSync(temporary, { recursive: true, force: true });
    // Somebody else was faster, and theirs is as good: a folder that exists cannot be renamed over.
    if (!isIntact(folder)) throw thrown;
  }
  removeLeftovers(root, `${name}-`);
  return folder;
}

/** Loading a truncated library kills the process without a word, so a folder counts only when every size is right. */
function isIntact(folder: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return false;
    const files = Object.entries(manifest);
    return files.length > 0 && files.every(([path, sizeBytes]) => statSync(join(folder, path)).size === sizeBytes);
  } catch {
    return false; // missing or unreadable: unpacking tells which, with the system's own error
  }
}

async function readArchive(name: string, payload: Payload): Promise<Uint8Array> {
  const archive = await Bun.file(payload.path).bytes();
  if (createHash('sha256').update(archive).digest('hex') === payload.sha256) return archive;
  throw new WorkerError('native.unavailable', `the archive of the ${name} files is damaged`, {
    hint: 'Install studio-worker again.',
  });
}

async function extract(archive: Uint8Array, folder: string): Promise<void> {
  const files = await new Bun.Archive(await Bun.zstdDecompress(archive)).files();
  const manifest: Record<string, number> = {};
  for (const [path, file] of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: PRIVATE });
    writeFileSync(target, await file.bytes(), { mode: PRIVATE });
    manifest[path] = file.size;
  }
  writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest), { mode: 0o600 });
}

/** A broken folder is moved before it is removed: a library in use cannot be deleted in place on Windows. */
function moveAside(folder: string): void {
  const broken = `${folder}.${randomUUID()}`;
  try {
    renameSync(folder, broken);
    rmSync(broken, { recursive: true, force: true });
  } catch {
    // Missing, or another process repairs it at the same time. If neither, the rename into place fails and says why.
  }
}

/** What processes that were killed while unpacking left behind. An hour is longer than any unpacking takes. */
function removeLeftovers(root: string, prefix: string): void {
  const isLeftover = new RegExp(`^${prefix}[0-9a-f]{16}\\.`);
  for (const name of readdirSync(root).filter((entry) => isLeftover.test(entry))) {
    try {
      const path = join(root, name);
      if (Date.now() - statSync(path).mtimeMs > HOUR_MS) rmSync(path, { recursive: true, force: true });
    } catch {
      // in use, or gone already: the next release's first start tries again
    }
  }
}
