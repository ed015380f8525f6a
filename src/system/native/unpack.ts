import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { HOUR_MS } from '../../base/units.ts';
import type { Payload } from './payloads.ts';
import { discardTemporary } from '../disk/disk.ts';

/** Names every file of a folder with its size. Written last: a folder that has it was unpacked whole. */
const MANIFEST = '.complete';
/** Only the owner may read, write and load what is here. */
const PRIVATE = 0o700;
/** What a file that zstd compressed begins with (RFC 8878 §3.1.1). */
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * Where an archive of this digest is unpacked. It is named after its content, so two releases never share one and an
 * update needs no clean-up before it.
 */
export const folderOf = (root: string, name: string, sha256: string): string =>
  join(root, `${name}-${sha256.slice(0, 16)}`);

/**
 * Unpacks an archive below `root` unless it was before, and returns the folder. Safe for several processes at once.
 *
 * @throws WorkerError `native.unavailable` for a damaged archive | the system's own error
 */
export async function ensureUnpacked(root: string, name: string, payload: Payload): Promise<string> {
  const folder = folderOf(root, name, payload.sha256);
  if (isIntact(folder)) return folder;
  const archive = await readArchive(name, payload);
  mkdirSync(root, { recursive: true, mode: PRIVATE });
  moveAside(folder);
  const temporary = `${folder}.${crypto.randomUUID()}`;
  try {
    await extract(archive, temporary);
    renameSync(temporary, folder);
  } catch (thrown) {
    discardTemporary(temporary);
    // Somebody else was faster, and theirs is as good: a folder that exists cannot be renamed over.
    if (!isIntact(folder)) throw thrown;
  }
  removeLeftovers(root, `${name}-`);
  return folder;
}

/** Loading a truncated library kills the process silently, so a folder counts only when every size is right. */
export function isIntact(folder: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return false;
    const files = Object.entries(manifest);
    return files.length > 0 && files.every(([path, sizeBytes]) => statSync(join(folder, path)).size === sizeBytes);
  } catch {
    return false; // missing or unreadable: unpacking reports which, with the system's own error
  }
}

/**
 * An archive's bytes, which in an executable only the runtime's own reader finds.
 *
 * @throws WorkerError `native.unavailable` when it is damaged
 */
export async function readArchive(name: string, payload: Payload): Promise<Uint8Array> {
  const archive = await Bun.file(payload.path).bytes();
  if (Bun.SHA256.hash(archive, 'hex') === payload.sha256) return archive;
  throw new WorkerError('native.unavailable', `the archive of the ${name} files is damaged`, {
    hint: 'Reinstall studio-worker.',
  });
}

async function extract(archive: Uint8Array, folder: string): Promise<void> {
  const isPlain = ZSTD_MAGIC.some((byte, at) => archive[at] !== byte);
  const files = await new Bun.Archive(isPlain ? archive : await Bun.zstdDecompress(archive)).files();
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
  const broken = `${folder}.${crypto.randomUUID()}`;
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
      // in use, or gone already: the next release's first start retries
    }
  }
}
