import { errorChain, WorkerError } from '../../../base/errors.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { ZippedFile } from '../../../system/native/zip.ts';
import { type RunForUpdate, whyFailed } from './programs.ts';
import type { StageDeps } from '../stage.ts';

/** What archives of releases are unpacked with. */
export interface UnpackDeps {
  readonly files: Pick<Files, 'remove' | 'makeDir' | 'rename' | 'readBytes' | 'writeAtomic'>;
  readonly run: RunForUpdate;
  readonly readZip: (archive: Uint8Array, maxBytes: number) => readonly ZippedFile[];
}

const MAX_ARCHIVE_BYTES = 2 ** 31;
const EXECUTABLE_MODE = 0o755;

/** What else is in the archive stays there. Releases for Windows are zip archives, all others tar archives. */
export const createUnpack =
  (deps: UnpackDeps): StageDeps['unpack'] =>
  async (archive, member, to, signal) => {
    if (archive.endsWith('.zip')) await unpackZip({ archive, member, to }, deps);
    else await unpackTar({ archive, member, to }, deps, signal);
  };

interface Unpacking {
  readonly archive: string;
  /** The file's path in the archive. */
  readonly member: string;
  readonly to: string;
}

/** By the system's own program, as the installers do. */
async function unpackTar({ archive, member, to }: Unpacking, deps: UnpackDeps, signal: AbortSignal): Promise<void> {
  const { files, run } = deps;
  const folder = `${to}.unpacked`;
  await files.remove(folder); // an attempt that was killed may have left one
  await files.makeDir(folder, { mode: 0o700 });
  try {
    const because = whyFailed(await run(['tar', '-xf', archive, '-C', folder, member], signal));
    if (because !== undefined) {
      throw new WorkerError('update.blocked', `cannot unpack ${archive}: ${because}`, {
        hint: 'Install `tar` and `xz`, and make sure that there is disk space left.',
        fields: { because: 'the archive cannot be unpacked' },
      });
    }
    await files.rename(`${folder}/${member}`, to);
  } finally {
    await files.remove(folder);
  }
}

async function unpackZip({ archive, member, to }: Unpacking, { files, readZip }: UnpackDeps): Promise<void> {
  const bytes = (await files.readBytes(archive)) ?? new Uint8Array();
  const found = filesIn(archive, () => readZip(bytes, MAX_ARCHIVE_BYTES)).find(({ name }) =>
    member.endsWith(`/${name}`),
  );
  if (found === undefined) throw new WorkerError('update.untrusted', `${archive} has no ${member}`);
  await files.writeAtomic(to, found.bytes, { mode: EXECUTABLE_MODE });
}

/** The archive has the checksum of its manifest by now: damage in it was released. */
function filesIn(archive: string, read: () => readonly ZippedFile[]): readonly ZippedFile[] {
  try {
    return read();
  } catch (thrown) {
    throw new WorkerError('update.untrusted', `cannot unpack ${archive}: ${errorChain(thrown)}`, { cause: thrown });
  }
}
