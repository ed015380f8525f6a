import * as v from 'valibot';
import type { LogEntry, OwnLogLine } from '../../contract/log-entry.ts';
import type { Numbered } from '../../log/ring.ts';

/** Which lines a command wants. */
export const LogRequestSchema = v.object({
  /** How many of those there are, the newest. */
  lines: v.number(),
  /** Whether those that come later follow. */
  follow: v.boolean(),
  jobId: v.exactOptional(v.string()),
});
export type LogRequest = v.InferOutput<typeof LogRequestSchema>;

/** The log of this process, as far as it is kept. */
export interface LogSource {
  readonly ring: { readonly lastSeq: number; after(seq: number): readonly Numbered<LogEntry>[] };
  onLine(call: () => void): () => void;
}

/** The newest lines, and those that come until the signal aborts. A reader that is slow loses what the ring drops. */
export async function* logLines(
  log: LogSource,
  { lines, follow, jobId }: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<OwnLogLine> {
  const { ring } = log;
  const isWanted = ({ item }: Numbered<LogEntry>): boolean => jobId === undefined || item.jobId === jobId;
  let place = ring.lastSeq;
  const first = ring.after(0).filter(isWanted);
  for (const line of lines === 0 ? [] : first.slice(-lines)) yield toLine(line);
  if (!follow) return;
  let news = Promise.withResolvers<void>();
  const unsubscribe = log.onLine(() => news.resolve());
  const end = (): void => news.resolve();
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const found = ring.after(place);
      place = ring.lastSeq;
      for (const line of found.filter(isWanted)) yield toLine(line);
      if (ring.lastSeq > place || signal.aborted) continue;
      await news.promise;
      news = Promise.withResolvers();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', end);
  }
}

/** A numbered entry as a command reads it. */
export const toLine = ({ seq, item }: Numbered<LogEntry>): OwnLogLine => ({ seq, ...item });
