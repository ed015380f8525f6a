import { cubeGlb } from '../../src/engines/synthetic/glb.ts';
import { speak } from '../../src/engines/synthetic/tts.ts';

/* What jobs of the fixtures made: files as engines make them. */

const DIGEST = Uint8Array.from({ length: 32 }, (_, index) => index * 7);

export const SPEECH = speak(DIGEST);

/** One grey pixel. */
const PNG = Uint8Array.fromBase64(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoAwAAgQCAdD6KLwAAAABJRU5ErkJggg==',
);
export const MESH = cubeGlb(PNG);

export const CHAT = new TextEncoder().encode(
  JSON.stringify({
    object: 'chat.completion',
    model: 'qwen3.5-2b',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'It points at what you lost.\nIt ticks when you lie.' },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 14, completion_tokens: 21, total_tokens: 35 },
  }),
);
