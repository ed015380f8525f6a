import type { Clock } from '../../system/clock.ts';
import type { RunContext } from '../engine.ts';
import { scanForStopStrings } from './reply.ts';
import { createReplyStream } from './reply-stream.ts';

/** What a model wrote. */
export interface Written {
  readonly text: string;
  readonly tokens: number;
  readonly finish: 'stop' | 'length';
}

export interface ReplyOptions extends Pick<RunContext, 'emit' | 'progress'> {
  /** Tokens of the prompt. */
  readonly prompt: number;
  /** Most tokens of the reply. */
  readonly budget: number;
  readonly stops: readonly string[];
  /** Whether the prompt ends inside a thought. */
  readonly opensReasoning: boolean;
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** A reply while it is written: its text, its deltas and its progress, whichever library writes it. */
export interface ReplyInProgress {
  /** So much of the prompt is in memory. */
  read(tokens: number): void;
  /** The next text, with how many tokens the reply has by now. True once a stop string came: nothing more is needed. */
  push(text: string, tokens: number): boolean;
  /** Nothing more comes. */
  end(tokens: number, finish: Written['finish']): Written;
}

/** Often enough for people: each report is a message to another process, and a token may take a millisecond. */
const REPORT_EVERY_MS = 50;

/** Counts its progress in tokens: those of the prompt as they are read, then those of the reply. */
export function startReply(options: ReplyOptions): ReplyInProgress {
  const { prompt, clock } = options;
  const watch = scanForStopStrings(options.stops, options.opensReasoning);
  const stream = createReplyStream(options.opensReasoning, options.emit);
  const report = createReport(options);
  const isDue = createTicker(clock);
  return {
    read: (tokens) => report(tokens, true),
    push(text, tokens) {
      report(prompt + tokens, false);
      if (watch.push(text)) return true;
      if (isDue()) stream.push(watch.settled(false));
      return false;
    },
    end(tokens, finish) {
      stream.push(watch.settled(true));
      stream.end();
      report(prompt + tokens, true);
      return { text: watch.text(), tokens, finish };
    },
  };
}

/** Hands progress on, each count once, and not more often than somebody can see unless it has to be. */
function createReport({ prompt, budget, progress, clock }: ReplyOptions): (tokens: number, now: boolean) => void {
  let last = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (tokens, now) => {
    if (tokens <= last || !(now || clock.elapsed() - reportedAt >= REPORT_EVERY_MS)) return;
    last = tokens;
    reportedAt = clock.elapsed();
    progress(tokens, prompt + budget);
  };
}

/** True when it is asked for the first time, and then once in a while. */
function createTicker(clock: Pick<Clock, 'elapsed'>): () => boolean {
  let tickedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const isDue = clock.elapsed() - tickedAt >= REPORT_EVERY_MS;
    if (isDue) tickedAt = clock.elapsed();
    return isDue;
  };
}
