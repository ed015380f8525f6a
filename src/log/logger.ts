import type { Clock } from '../system/clock.ts';

/** From what only a developer reads to what an operator should look at today. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** The part of the worker an event comes from; `STUDIO_WORKER_LOG` sets a level for each. */
export const AREAS = [
  'worker',
  'config',
  'registration',
  'session',
  'jobs',
  'engines',
  'models',
  'delivery',
  'update',
  'studio',
  'ui',
  'cli',
] as const;
export type Area = (typeof AREAS)[number];

/** Facts of an event. Units live in the names; secrets are removed by key, see `redact.ts`. */
export type Fields = Readonly<Record<string, unknown>>;

/** One thing that happened: a static name `<noun>.<past participle>` and its facts. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: Level;
  readonly area: Area;
  readonly event: string;
  readonly fields: Fields;
}

/** Where events go: a console, the ship queue, a ring, an error tracker. Must not throw. */
export type LogSink = (event: LogEvent) => void;

/** Logs what happened. Bound to an area and to facts that every event of it carries. */
export interface Logger {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  /** A logger that adds these facts to every event, in this or another area. */
  child(fields: Fields, area?: Area): Logger;
}

/** A logger that hands every event, redacted, to each sink in turn. */
export function createLogger(options: {
  readonly area: Area;
  readonly clock: Pick<Clock, 'now'>;
  readonly sinks: readonly LogSink[];
  readonly redact: (fields: Fields) => Fields;
  /** Whether any sink takes it, asked before an event is built; always when left out. */
  readonly wants?: (level: Level, area: Area) => boolean;
  readonly fields?: Fields;
}): Logger {
  const { area, clock, sinks, redact, wants, fields: bound = {} } = options;
  const emit =
    (level: Level) =>
    (event: string, fields: Fields = {}): void => {
      if (wants?.(level, area) === false) return;
      const entry: LogEvent = { at: clock.now(), level, area, event, fields: redact({ ...bound, ...fields }) };
      for (const sink of sinks) deliver(entry, sink);
    };
  return {
    debug: emit('debug'),
    info: emit('info'),
    warn: emit('warn'),
    error: emit('error'),
    child: (fields, childArea = area) => createLogger({ ...options, area: childArea, fields: { ...bound, ...fields } }),
  };
}

/** Logging must never break the work: a sink that throws loses its event, and the other sinks still get it. */
function deliver(event: LogEvent, sink: LogSink): void {
  try {
    sink(event);
  } catch {
    // nowhere to report it: reporting is what broke
  }
}
