import { WorkerError } from '../../../base/errors.ts';
import type { Sha256 } from '../../../system/disk/digest.ts';
import type { Files } from '../../../system/disk/files.ts';
import { entryName } from '../entry.ts';
import { readRecords } from '../journal/record.ts';
import { CORRUPT, JOURNAL, SET_ASIDE } from '../outbox-folder.ts';

/**
 * Copies what one outbox holds into another, which nobody has open; what both have is written again. On disk when it
 * resolves.
 *
 * @throws the disk's error | WorkerError `disk.full` | `folder.unusable` when there is what cannot be copied, a pipe for one
 */
export async function copyResults(
  from: string,
  into: string,
  deps: { readonly files: Files; readonly sha256: Sha256 },
): Promise<void> {
  const { files } = deps;
  await files.makeDir(into, { mode: 0o700 });
  for (const folder of ['', `/${SET_ASIDE}`, `/${CORRUPT}`]) {
    for (const name of await files.list(`${from}${folder}`)) {
      if (folder === '' && [JOURNAL, SET_ASIDE, CORRUPT].includes(name)) continue;
      await files.makeDir(`${into}${folder}`, { mode: 0o700 });
      await copyFile(`${from}${folder}/${name}`, `${into}${folder}/${name}`, files);
    }
  }
  await copyJournal(`${from}/${JOURNAL}`, into, deps);
}

async function copyFile(from: string, to: string, files: Files): Promise<void> {
  const kind = await files.kindOf(from);
  if (kind !== 'file') {
    throw new WorkerError('folder.unusable', `${from} is a ${kind ?? 'missing file'}, not a result`, {
      hint: 'Move it out of the folder of the results, and start the worker again.',
    });
  }
  await files.writeDurable(to, [(await files.readBytes(from)) ?? new Uint8Array()], 0o600);
}

/** Whole where the other has none; otherwise each of its results becomes a file. */
async function copyJournal(
  from: string,
  into: string,
  { files, sha256 }: { readonly files: Files; readonly sha256: Sha256 },
): Promise<void> {
  const bytes = await files.readBytes(from);
  if (bytes === undefined) return;
  if ((await files.stat(`${into}/${JOURNAL}`)) === undefined) {
    return await files.writeDurable(`${into}/${JOURNAL}`, [bytes], 0o600);
  }
  const live = new Map<string, Uint8Array>();
  for (const record of readRecords(bytes, sha256)) {
    if (record.is === 'put') {
      live.set(entryName(record.header, sha256), bytes.subarray(record.bodyAt, record.bodyAt + record.bodyBytes));
    } else if (record.is === 'removal') live.delete(record.name);
    else {
      await files.makeDir(`${into}/${CORRUPT}`, { mode: 0o700 });
      await files.writeDurable(`${into}/${CORRUPT}/${JOURNAL}-moved-${record.at}`, [record.bytes], 0o600);
    }
  }
  for (const [name, body] of live) await files.writeDurable(`${into}/${name}`, [body], 0o600);
}
