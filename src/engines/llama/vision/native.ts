import { WorkerError } from '../../../base/errors.ts';

/** What there is to know of a GGUF file without its tensors: facts by their keys, each as a text. */
export type GgufFacts = Readonly<Record<string, string | number | undefined>>;

export interface NativeCompletion {
  readonly text: string;
  readonly tokens_predicted: number;
  readonly stopped_eos: boolean;
  readonly stopped_words: boolean;
  readonly stopped_limited: boolean;
  readonly context_full: boolean;
  readonly timings: { readonly prompt_n: number };
}

/** One model in the library's memory (llama.node 1.7, `LlamaContext`), as far as it is used here. */
export interface NativeContext {
  getUsedDevices(): readonly string[];
  initMultimodal(options: { readonly path: string; readonly use_gpu: boolean }): boolean;
  getMultimodalSupport(): { readonly vision: boolean };
  tokenize(
    text: string,
    images: readonly string[],
  ): Promise<{
    readonly tokens: Int32Array;
    readonly chunk_pos?: readonly number[];
    readonly chunk_pos_media?: readonly number[];
  }>;
  detokenize(tokens: readonly number[]): Promise<string>;
  /**
   * One at a time. It must not be over before this returned, or it counts as underway for ever: so it has to have
   * something to read.
   */
  completion(
    options: Readonly<Record<string, unknown>>,
    onToken: (piece: { readonly token: string }) => void,
  ): Promise<NativeCompletion>;
  stopCompletion(): void;
  clearCache(): void;
  release(): Promise<void>;
}

export interface Addon {
  readonly LlamaContext: {
    new (options: Readonly<Record<string, unknown>>, onProgress: (percent: number) => void): NativeContext;
    /** Undefined for what is no GGUF file. */
    loadModelInfo(path: string, skip: readonly string[]): Promise<GgufFacts | undefined>;
    toggleNativeLog(isOn: boolean, onLine: (level: string, text: string) => void): void;
  };
}

/** Everything but the facts of this model: lists of a hundred thousand words. */
export const LISTS = [
  'tokenizer.ggml.tokens',
  'tokenizer.ggml.token_type',
  'tokenizer.ggml.merges',
  'tokenizer.ggml.scores',
] as const;

const PROJECTOR = 'clip';

/** What is known of a model and its projector before they are loaded. */
export interface Pair {
  readonly model: GgufFacts;
  readonly projector: GgufFacts;
}

/** Files by their names, for people. */
export interface PairNames {
  readonly model: string;
  readonly projector: string;
}

/**
 * Rejects what can be told from the headers alone: a projector in the model's place, and a model in the projector's.
 *
 * @throws WorkerError `model.unusable`
 */
export function assertRoles({ model, projector }: Pair, names: PairNames): void {
  if (model['general.architecture'] === PROJECTOR) {
    throw unusable(
      `${names.model} is a vision projector and no model`,
      'Offer the model with its own file of role `model`.',
    );
  }
  if (projector['general.architecture'] !== PROJECTOR) {
    throw unusable(
      `${names.projector} is no vision projector but a model of architecture ${projector['general.architecture']}`,
      HINT,
    );
  }
}

/** Why the library did not take the projector of a model that it had loaded. */
export function projectorError({ model, projector }: Pair, names: PairNames): WorkerError {
  const expected = architectureFact(model, 'embedding_length');
  const given = numberOf(projector['clip.vision.projection_dim']);
  if (expected !== undefined && given !== undefined && expected !== given) {
    return unusable(
      `the vision projector ${names.projector} is of another model than ${names.model}: it makes embeddings of ${given} numbers, and the model reads ${expected}`,
      HINT,
    );
  }
  const type = projector['clip.projector_type'] ?? projector['clip.vision.projector_type'] ?? 'unknown';
  return unusable(
    `llama.cpp cannot load the vision projector ${names.projector} (type ${type}) for ${names.model}`,
    HINT,
  );
}

const HINT = 'Offer the model with the projector (`mmproj`) that was published with it.';
const unusable = (message: string, hint: string): WorkerError => new WorkerError('model.unusable', message, { hint });

/** A number that each architecture has under its own name. */
export const architectureFact = (facts: GgufFacts, name: string): number | undefined =>
  numberOf(facts[`${facts['general.architecture']}.${name}`]);

/** Whether an image's tokens have places in two dimensions, so that its position moves by its longer side only. */
export const placesInGrid = (facts: GgufFacts): boolean =>
  facts[`${facts['general.architecture']}.rope.dimension_sections`] !== undefined;

export function numberOf(fact: string | number | undefined): number | undefined {
  const value = Number(fact);
  return fact === undefined || fact === '' || !Number.isFinite(value) ? undefined : value;
}
