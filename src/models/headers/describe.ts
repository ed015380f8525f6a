import type { EngineName } from '../../contract/model-source.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';
import { ByteReader, Unreadable } from './bytes.ts';
import { isGgml } from './ggml.ts';
import { skipValue } from './gguf.ts';

/** What a single file is a model for, by its first bytes. */
export type DescribedModel =
  | { readonly is: 'model'; readonly engine: EngineName; readonly kind: TaskKindId }
  | { readonly is: 'unknown'; readonly because: string };

const TEXT = 8;
/** Pairs before the one that names the architecture: it comes first by convention (ggml project, docs/gguf.md). */
const MAX_PAIRS = 64;

/** Reads what a file is from its beginning. Formats that several engines share are unknown: the operator has to say. */
export function describeModel(start: Uint8Array): DescribedModel {
  if (new TextDecoder().decode(start.subarray(0, 4)) === 'GGUF') return describeGguf(start);
  if (isGgml(start)) return { is: 'model', engine: 'whisper-cpp', kind: 'audio_stt' };
  return { is: 'unknown', because: 'it is neither a GGUF nor a Whisper model' };
}

function describeGguf(start: Uint8Array): DescribedModel {
  const architecture = architectureOf(start);
  if (architecture === 'clip') {
    return { is: 'unknown', because: 'it is the vision projector of a chat model, not the model' };
  }
  if (architecture !== undefined && DIFFUSION.has(architecture)) {
    return { is: 'unknown', because: `it is a diffusion model (${architecture}), which needs more files` };
  }
  return { is: 'model', engine: 'llama-cpp', kind: 'llm' };
}

/** Names that converters give diffusion models (ComfyUI-GGUF, stable-diffusion.cpp). */
const DIFFUSION: ReadonlySet<string> = new Set([
  'flux',
  'sd1',
  'sdxl',
  'sd3',
  'aura',
  'ltxv',
  'hyvid',
  'wan',
  'lumina2',
  'qwen_image',
]);

/** Undefined where the beginning does not name it. */
function architectureOf(start: Uint8Array): string | undefined {
  const reader = new ByteReader(start);
  const text = (): string => new TextDecoder().decode(reader.bytes(reader.u64('a text')));
  try {
    reader.skip(4 + 4 + 8);
    const pairs = Math.min(reader.u64('the number of keys'), MAX_PAIRS);
    for (let pair = 0; pair < pairs; pair++) {
      const key = text();
      const type = reader.u32();
      if (key === 'general.architecture' && type === TEXT) return text();
      skipValue(reader, type, 0);
    }
  } catch (thrown) {
    if (!(thrown instanceof Unreadable)) throw thrown; // a broken header is found when it is loaded
  }
  return undefined;
}
