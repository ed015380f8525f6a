import { hasPromptFormat } from '../../models/headers/prompt-format.ts';
import { openPartFile } from '../../system/disk/sparse-file.ts';

/**
 * Whether a GGUF on this disk says how it is asked. Undefined where its header cannot be read, or the file cannot
 * be opened: the engine says why.
 */
export async function hasPromptFormatAt(path: string): Promise<boolean | undefined> {
  const file = await openPartFile(path, 'read').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return await hasPromptFormat({ sizeBytes: await file.sizeBytes(), read: (at, length) => file.read(at, length) });
  } finally {
    await file.close();
  }
}
