import { SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';
import type { Output } from '../system/terminal.ts';
import { collapseRepeats } from './collapse.ts';
import { createConsoleReporter } from './console-reporter.ts';
import { createJsonReporter } from './json-reporter.ts';
import { filterSink, isEnabled, type Levels } from './levels.ts';
import type { LogEntry } from '../contract/log-entry.ts';
import { createLogger, type Logger, type LogSink } from './logger.ts';
import { createRedactor, type Redactor } from './redact.ts';
import { createRing, type Numbered, type Ring } from './ring.ts';
import { toLogEntry } from './message.ts';
import type { ErrorTracker } from './sentry.ts';
import { createShipBuffer, type ShipBuffer } from './ship-buffer.ts';

/** Sentences for people, or one JSON object per line for services. */
export type LogFormat = 'console' | 'json';

/** What an operator asks of a log on a command line. */
export interface LogChoice {
  readonly logFormat: LogFormat | undefined;
  /** As the operator wrote it: a level, or areas with levels. */
  readonly logLevel: string | undefined;
}

/** Who receives the log, and how much of it. */
export interface LogOptions {
  /** Its timers should be no reason for a process to stay. */
  readonly clock: Pick<Clock, 'now' | 'elapsed' | 'after'>;
  readonly format: LogFormat;
  /** What the terminal is shown. The studio, the ring and the error tracker have their own measure. */
  readonly levels: Levels;
  readonly terminal: Pick<Output, 'write' | 'colourDepth'> & Partial<Pick<Output, 'isTty'>>;
  /** One that already knows secrets, shared with the error tracker; a fresh one otherwise. */
  readonly redactor?: Redactor;
  readonly tracker?: Pick<ErrorTracker, 'sink' | 'flush'>;
}

/** The log of this process, with all its sinks. */
export interface Log {
  readonly logger: Logger;
  readonly shipBuffer: ShipBuffer;
  /** The newest lines, for `status` and the local page; shipping does not empty it. */
  readonly ring: Ring<LogEntry>;
  readonly redactor: Redactor;
  /** Calls back with each line that the ring takes. The returned function unsubscribes. */
  onLine(call: (line: Numbered<LogEntry>) => void): () => void;
  /** Logs what was only counted so far, and sends what the error tracker still holds; settles within two seconds. The session flushes the ship buffer. */
  flush(): Promise<void>;
}

/** Studio contract: the display ring beside the ship queue. */
const RING_ENTRIES = 1_000;
const FLUSH_MS = 2 * SECOND_MS;

/** A log with every sink in place. */
export function openLog(options: LogOptions): Log {
  const { clock, levels, terminal, tracker, redactor = createRedactor() } = options;
  const reporter = options.format === 'json' ? createJsonReporter(terminal) : createConsoleReporter(terminal);
  const { keep, ...kept } = keepLines();
  const show = filterSink(reporter, levels);
  const lines = collapseRepeats((event) => {
    try {
      show(event);
    } finally {
      keep(event);
    }
  }, clock);
  const logger = createLogger({
    area: 'worker',
    clock,
    sinks: [lines.sink, ...(tracker === undefined ? [] : [tracker.sink])],
    redact: (fields) => redactor.redact(fields),
    // A debug event is for the terminal alone: where nobody reads it, it costs nothing.
    wants: (level, area) => level !== 'debug' || isEnabled(levels, level, area),
  });
  return {
    logger,
    ...kept,
    redactor,
    async flush() {
      lines.flush();
      await tracker?.flush(FLUSH_MS);
    },
  };
}

/** The lines for the studio and for callers of this worker, each rendered once. */
function keepLines(): Pick<Log, 'shipBuffer' | 'ring' | 'onLine'> & { readonly keep: LogSink } {
  const shipBuffer = createShipBuffer();
  const ring = createRing<LogEntry>(RING_ENTRIES);
  const listeners = new Set<(line: Numbered<LogEntry>) => void>();
  return {
    shipBuffer,
    ring,
    keep(event) {
      const entry = toLogEntry(event);
      if (entry === undefined) return;
      const line = { seq: ring.push(entry), item: entry };
      for (const call of listeners) call(line);
      // A worker ships its own events, not those of a studio in the same process.
      if (event.area !== 'studio') shipBuffer.push(entry);
    },
    onLine(call) {
      listeners.add(call);
      return () => void listeners.delete(call);
    },
  };
}
