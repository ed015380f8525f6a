import type { DemoEvent } from '../../demo/play.ts';
import type { LogChoice } from '../../log/open-log.ts';

/** Options of `demo`, defaults filled in. */
export interface DemoChoice extends LogChoice {
  readonly outDir: string;
  /** Runs the jobs on real engines, on these weights and on generated ones; the synthetic engine when left out. */
  readonly real?: GivenWeights;
}

/** Paths of what the operator gives in place of what is generated. */
export interface GivenWeights {
  /** A chat model, `.gguf`. */
  readonly llm?: string | undefined;
  /** A LaMa model, `.onnx`. */
  readonly removal?: string | undefined;
  /** A Whisper model, `.bin`. */
  readonly stt?: string | undefined;
  /** A Piper voice, `.onnx`, with its `.onnx.json` beside it. */
  readonly tts?: string | undefined;
  /** A recording to transcribe; what the voice spoke when left out. */
  readonly recording?: string | undefined;
}

/** A studio and a worker that were started for a demonstration. */
export interface DemoRun {
  readonly url: string;
  readonly operatorToken: string;
  /** An address that opens the dashboard of its studio once, within ten minutes. */
  readonly pageUrl: () => string;
  /** Ends when every job has ended, or when the operator asked to stop. */
  readonly events: AsyncIterable<DemoEvent>;
  /** Settles when the operator asks to stop. */
  readonly stopAsked: Promise<void>;
  /** Stops worker and studio and removes their folders; artifacts stay. Idempotent. */
  stop(): Promise<void>;
}
