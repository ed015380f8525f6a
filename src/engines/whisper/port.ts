import type { SpeechSpan } from './speech.ts';
import type { Segment } from './words.ts';

export interface TranscribeOptions {
  /** As Whisper names it; undefined has it detected. */
  readonly language: string | undefined;
  /** Into English. */
  readonly translate: boolean;
  /** What was spoken before, or words that will be: names, spellings. */
  readonly prompt: string | undefined;
  /** Pieces of words instead of sentences. */
  readonly pieces: boolean;
  readonly signal: AbortSignal;
  /** In percent. */
  readonly progress: (done: number, total: number) => void;
}

export interface Transcription {
  /** As Whisper names it. */
  readonly language: string;
  readonly text: string;
  /** Sentences or pieces, with the space before each. */
  readonly segments: readonly Segment[];
}

/** A speech recogniser in memory. Samples are 16-bit numbers, one channel, 16 kHz. */
export interface Transcriber extends AsyncDisposable {
  /** How many tokens it has, which tells what languages it knows. */
  readonly tokens: number;
  readonly ranOn: 'cpu' | 'metal';
  /** @throws WorkerError `engine.failed`; rejects with the signal's reason, once the library has let go */
  transcribe(samples: Int16Array<ArrayBuffer>, options: TranscribeOptions): Promise<Transcription>;
}

/** A model that tells speech from everything else. */
export interface SpeechFinder extends AsyncDisposable {
  /** @throws WorkerError `engine.failed` */
  find(samples: Int16Array<ArrayBuffer>): Promise<readonly SpeechSpan[]>;
}
