import { createLogger, type LogEvent, type Logger } from '../../src/log/logger.ts';

export interface RecordingLogger extends Logger {
  readonly events: LogEvent[];
  /** Names of the recorded events, in order. */
  names(): string[];
  /** The first event of this name, or undefined. */
  find(event: string): LogEvent | undefined;
}

/** A logger that keeps what it hears, for tests that ask what was said. */
export function recordingLogger(): RecordingLogger {
  const events: LogEvent[] = [];
  const logger = createLogger({
    area: 'worker',
    clock: { now: () => 0 },
    sinks: [(event) => void events.push(event)],
    redact: (fields) => fields,
  });
  return {
    ...logger,
    events,
    names: () => events.map((entry) => entry.event),
    find: (event) => events.find((entry) => entry.event === event),
  };
}
