import { WorkerError } from '../../base/errors.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Downloaded } from '../download/request.ts';
import { checkForImpostor, checkModelFile, type ReadableFile } from '../headers/check.ts';
import { pathOf } from './layout.ts';
import type { ModelStoreOptions } from './options.ts';
import { writeFileReceipt } from './receipt.ts';
import type { FileTarget } from './target.ts';

/**
 * Moves a download into its place once it is verified: a path that exists is whole. What fails verification is deleted.
 *
 * @throws WorkerError `model.checksum-mismatch` | `model.not-a-model` | `model.header-invalid` | `model.truncated`
 */
export async function publish(
  target: FileTarget,
  { file, sizeBytes, sha256 }: Downloaded,
  { files, clock }: Pick<ModelStoreOptions, 'files' | 'clock'>,
): Promise<void> {
  const { sidecars, place } = target;
  try {
    const readable: ReadableFile = { sizeBytes, read: (at, length) => file.read(at, length) };
    if (target.sha256 !== undefined && target.sha256 !== sha256) {
      await checkForImpostor(readable, place.filename); // "a web page" says more than "another checksum"
      throw mismatch(target, sha256);
    }
    await checkModelFile(readable, place.filename);
    await file.sync();
  } catch (thrown) {
    await file.close();
    await files.remove(sidecars.part);
    await files.remove(sidecars.progress);
    throw thrown;
  }
  await file.close();
  const now = clock.now();
  const { filename } = place;
  const url = shownUrl(target.file.url);
  // The old receipt goes first: a file must never stand beside the receipt of another one.
  await files.remove(sidecars.receipt);
  await files.rename(sidecars.part, pathOf(place));
  const receipt = { filename, model: target.model, url, sizeBytes, sha256, fetchedAt: now, usedAt: now };
  await writeFileReceipt(files, sidecars.receipt, receipt);
  await files.remove(sidecars.progress);
}

const mismatch = ({ place, file, sha256 }: FileTarget, actual: string): WorkerError =>
  new WorkerError(
    'model.checksum-mismatch',
    `${place.filename} has the sha256 ${actual}, expected ${sha256}; it was deleted`,
    { hint: `Correct \`sha256\` in the model source, or the file at ${shownUrl(file.url)}.` },
  );
