import type { DataFolder } from '../../system/disk/data-folder.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { NewFile } from '../../system/disk/new-file.ts';
import type { ArtifactStore, ArtifactWriter } from './artifacts.ts';

const INCOMING = 'incoming';

/**
 * Artifacts as files in one folder. Bytes go to a temporary file that is moved once it is whole. What a kill left
 * half-written is removed when the store opens; the caller makes sure that nobody else uses the folder.
 */
export async function openDiskArtifacts(folder: DataFolder, startSha256: () => RunningSha256): Promise<ArtifactStore> {
  await folder.remove(INCOMING);
  const incoming = await folder.openFolder(INCOMING);
  let serial = 0;
  return {
    begin: async () => createWriter(incoming.startFile(String(++serial)), folder, startSha256),
    open: (name) => folder.blob(name),
    remove: (name) => folder.remove(name),
    sweep: async () => 0, // done when the folder was opened
    check: async () => folder.assertWritable(),
    urlOf: () => undefined,
  };
}

function createWriter(file: NewFile, folder: DataFolder, startSha256: () => RunningSha256): ArtifactWriter {
  const hash = startSha256();
  let sizeBytes = 0;
  return {
    write: async (chunk) => {
      file.write(chunk);
      hash.add(chunk);
      sizeBytes += chunk.byteLength;
    },
    keep: async (jobId, ext) => {
      const sha256 = hash.hex();
      const name = `${jobId}-${sha256.slice(0, 16)}.${ext}`;
      file.publish(folder.pathOf(name));
      return { name, sizeBytes, sha256 };
    },
    discard: async () => file.discard(),
  };
}
