import { join } from 'node:path';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { xdgFolder } from '../../base/process/xdg.ts';
import type { Environment } from '../environment.ts';
import type { Payload, PayloadName } from './payloads.ts';
import { assertTrustedFolder, privateFolder } from '../disk/private-folder.ts';
import { ensureUnpacked, folderOf, isIntact } from './unpack.ts';

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

/** Why native files lie in a folder for temporary files, and what the operator can do about it. */
export interface CacheMoved {
  /** Where the cache would be by custom. */
  readonly from: string;
  readonly to: string;
  readonly because: string;
  readonly hint: string;
}

/** The system's codes for a place where this account may not write, or that is not there. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'ELOOP']);

const unpacked = new Map<PayloadName, string>();

/** Where a payload lies. The build makes packages ask this instead of searching; asking before `unpack` is our mistake. */
export function unpackedFolder(name: PayloadName): string {
  const folder = unpacked.get(name);
  if (folder === undefined) throw new WorkerError('internal', `${name} was requested before it was unpacked`);
  return folder;
}

/** Where the cache is: by custom, or in a folder for temporary files once that place turned out to be unwritable. */
class CachePlace {
  readonly #environment: NativeCacheOptions['environment'];
  readonly #root: string | undefined;
  #moved: CacheMoved | undefined;
  #report: ((moved: CacheMoved) => void) | undefined;

  constructor(environment: NativeCacheOptions['environment']) {
    this.#environment = environment;
    this.#root = cacheFolder(environment);
  }

  get folder(): string {
    return this.#moved?.to ?? this.#root ?? this.#move('this account has no home folder');
  }

  /** What an error names: where the operator expects the cache. */
  get expected(): string {
    return this.#root ?? this.#environment.tempDir;
  }

  /**
   * Another folder, after a failure to write in this one. A service account may have no home to write in; an operator
   * who named a folder means that one and no other.
   *
   * @throws the failure itself when another folder would not help
   */
  moveFor(thrown: unknown): string {
    if (this.#environment.get(CACHE_VARIABLE) || !UNWRITABLE.has(codeOf(thrown) ?? '')) throw thrown;
    return this.#move(errorChain(thrown));
  }

  onMoved(call: (moved: CacheMoved) => void): void {
    this.#report = call;
    if (this.#moved !== undefined) call(this.#moved);
  }

  #move(because: string): string {
    const to = privateFolder(this.#environment.tempDir);
    this.#moved = { from: this.#root ?? 'the home folder', to, because, hint: REMEDY };
    this.#report?.(this.#moved);
    return to;
  }
}

/** The cache of this account. Nothing is written before something is asked for. */
export function createNativeCache({ environment, payloads }: NativeCacheOptions): AccountCache {
  const place = new CachePlace(environment);
  const unpackFrom = (name: string, payload: Payload): Promise<string> => unpackInto(place, name, payload);
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
      return place.folder;
    },
    find(name, sha256) {
      const root = join(place.folder, 'native');
      const folder = folderOf(root, name, sha256);
      return isTrusted(root) && isIntact(folder) ? folder : undefined;
    },
    onMoved: (call) => place.onMoved(call),
  };
}

async function unpackInto(place: CachePlace, name: string, payload: Payload): Promise<string> {
  const put = async (folder: string): Promise<string> => {
    const root = join(folder, 'native');
    assertTrustedFolder(root); // what lies there already is loaded as it is
    return await ensureUnpacked(root, name, payload);
  };
  try {
    return await put(place.folder).catch((thrown: unknown) => put(place.moveFor(thrown)));
  } catch (thrown) {
    const isKnown = thrown instanceof WorkerError && thrown.code === 'native.unavailable';
    throw isKnown ? thrown : unusable(place.expected, thrown);
  }
}

function isTrusted(folder: string): boolean {
  try {
    assertTrustedFolder(folder);
    return true;
  } catch {
    return false; // only asked after: unpacking into it says what is wrong with it
  }
}

const REMEDY = `Set ${CACHE_VARIABLE} to a folder where this account may write files and run programs.`;

/** A package's files cannot be put, or loaded from, where they are, and how to move them. */
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
  if (platform === 'win32') {
    const local = get('LOCALAPPDATA') || (homeDir === '' ? '' : join(homeDir, 'AppData', 'Local'));
    return local === '' ? undefined : join(local, 'studio-worker', 'cache');
  }
  if (platform === 'darwin') return homeDir === '' ? undefined : join(homeDir, 'Library', 'Caches', 'studio-worker');
  const base = xdgFolder(get, 'XDG_CACHE_HOME') ?? (homeDir === '' ? undefined : join(homeDir, '.cache'));
  return base === undefined ? undefined : join(base, 'studio-worker');
}
