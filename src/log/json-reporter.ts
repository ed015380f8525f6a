import type { LogSink } from './logger.ts';
import { toJsonText } from './json-text.ts';

/** One JSON object per line, for services: `ts`, `level`, `area`, `event`, then the facts. A fact cannot pose as those. */
export function createJsonReporter(output: { write(text: string): void }): LogSink {
  return ({ at, level, area, event, fields }) => {
    const head = { ts: new Date(at).toISOString(), level, area, event };
    output.write(`${toJsonText({ ...head, ...fields, ...head })}\n`);
  };
}
