import { ByteReader, Unreadable } from './bytes.ts';
import type { ReadableFile } from './check.ts';
import { skipValue } from './gguf.ts';
import { KIB, MIB } from '../../base/units.ts';

/** What an instruction-tuned GGUF has and a base model has not (ggml project, docs/gguf.md). */
const KEY = 'tokenizer.chat_template';
/** What a model for vectors says of itself: how those of its tokens become one (llama.cpp, `<architecture>.pooling_type`). */
const POOLING = '.pooling_type';
/** A model of texts has words; a vision projector, or a part of an image model, has none. */
const WORDS = 'tokenizer.';
/** Behind the magic number and the version. */
const COUNTS_AT = 8;
/** The words of a model stand before it, some megabytes of them. */
const READS_BYTES = [256 * KIB, 4 * MIB, 64 * MIB];

/**
 * Whether a GGUF says how it is to be asked: by the template of its chats, or because it is for vectors. Undefined where its header cannot be read and where it is no model of
 * texts, both of which whoever loads it explains better.
 */
export async function hasPromptFormat(file: ReadableFile): Promise<boolean | undefined> {
  for (const sizeBytes of READS_BYTES) {
    const bytes = await file.read(0, Math.min(sizeBytes, file.sizeBytes));
    const found = namesKey(bytes, KEY);
    if (found !== 'more') return found;
    if (sizeBytes >= file.sizeBytes) return undefined;
  }
  return undefined;
}

function namesKey(bytes: Uint8Array, wanted: string): boolean | 'more' | undefined {
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== 'GGUF') return undefined;
  const reader = new ByteReader(bytes);
  try {
    reader.skip(COUNTS_AT);
    reader.u64('the number of tensors');
    const pairs = reader.u64('the number of keys');
    let hasWords = false;
    for (let pair = 0; pair < pairs; pair++) {
      const key = new TextDecoder().decode(reader.bytes(reader.u64('a key')));
      if (key === wanted || key.endsWith(POOLING)) return true;
      hasWords ||= key.startsWith(WORDS);
      skipValue(reader, reader.u32(), 0);
    }
    return hasWords ? false : undefined;
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown;
    return thrown.problem.is === 'more' ? 'more' : undefined;
  }
}
