import type { ChatModel, OpenOptions, Sampling } from '../port.ts';
import type { Written } from '../writing.ts';

export interface OpenVisionOptions extends Pick<
  OpenOptions,
  'contextSize' | 'gpu' | 'binariesFolder' | 'lean' | 'progress'
> {
  /** The file that turns images into what the model reads. */
  readonly projector: string;
}

/** A chat as its template made it, with `MARKER` where each of its images belongs, in order. */
export interface VisionPrompt {
  readonly text: string;
  /** PNG or JPEG files. */
  readonly images: readonly Uint8Array[];
}

export interface VisionReplyOptions {
  readonly sampling: Sampling;
  /** Most tokens to write. */
  readonly budget: number;
  /** Texts that end the reply and are no part of it. */
  readonly stops: readonly string[];
  readonly signal: AbortSignal;
  /** Text as it becomes whole, as far as no stop string can begin in it; what is left comes with the result. */
  readonly onPiece: (text: string) => void;
}

/** A chat model in memory together with its projector, as the runtime sees it. */
export interface VisionModel extends AsyncDisposable, Pick<ChatModel, 'ranOn' | 'template' | 'contextSize' | 'render'> {
  /** Tokens that a prompt takes, those of its images included. */
  count(prompt: VisionPrompt): Promise<number>;
  /**
   * After a failure the model is unusable.
   *
   * @throws WorkerError `engine.failed` | `engine.out-of-memory`; rejects with the signal's reason
   */
  write(prompt: VisionPrompt, options: VisionReplyOptions): Promise<Written>;
}
