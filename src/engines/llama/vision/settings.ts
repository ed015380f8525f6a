import type { Device } from '../port.ts';
import type { Written } from '../writing.ts';
import { architectureFact, type GgufFacts, type NativeCompletion } from './native.ts';
import type { OpenVisionOptions, VisionReplyOptions } from './port.ts';

/** Tokens that are read at once, lean or not: all tokens of an image may have to be (studio contract). */
const PORTION = 2048;
const ALL_LAYERS = 999;

interface Machine {
  /** Of the model file. */
  readonly facts: GgufFacts;
  readonly contextSize: number;
  readonly threads: number;
}

/** How a model is opened, in the library's words. */
export function visionSettingsOf(
  model: string,
  { gpu, lean }: Pick<OpenVisionOptions, 'gpu' | 'lean'>,
  { facts, contextSize, threads }: Machine,
): Readonly<Record<string, unknown>> {
  const layers = architectureFact(facts, 'block_count') ?? 0;
  const portion = Math.min(contextSize, PORTION);
  return {
    model,
    n_ctx: contextSize,
    n_batch: portion,
    n_ubatch: portion,
    n_threads: threads,
    n_gpu_layers: gpu === 'cpu' ? 0 : lean ? Math.floor(layers / 2) : ALL_LAYERS,
    ctx_shift: false, // nothing of a chat is ever forgotten
    n_parallel: 1,
  };
}

const DEVICES: readonly (readonly [RegExp, Device])[] = [
  [/^cuda/i, 'cuda'],
  [/^vulkan/i, 'vulkan'],
  [/^(metal|mtl)/i, 'metal'],
];

/** What a model is on, by the names of the devices that it uses. */
export const visionDeviceOf = (names: readonly string[]): Device =>
  DEVICES.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? 'cpu';

const HALF_AT_END = /\uFFFD$/;

/** Nothing but what the contract names: the library's own defaults also cut and punish. */
export const samplerOf = ({ temperature, topP, seed, grammar }: VisionReplyOptions['sampling']) => ({
  temperature: Math.max(temperature, 0),
  top_k: 0,
  top_p: topP ?? 1,
  min_p: 0,
  dry_multiplier: 0,
  seed,
  ...(grammar !== undefined && { grammar }),
});

/** What a completion tells of its reply. */
export function writtenBy(done: NativeCompletion, hasImages: boolean): Written {
  // It does not count the token that it takes right after more than one token of a text.
  const uncounted = !hasImages && done.timings.prompt_n > 1 && done.text !== '' ? 1 : 0;
  const isStopped = done.stopped_eos || done.stopped_words;
  return {
    text: done.text.replace(HALF_AT_END, ''),
    tokens: done.tokens_predicted + uncounted,
    finish: !isStopped && (done.stopped_limited || done.context_full) ? 'length' : 'stop',
  };
}
