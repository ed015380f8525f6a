import { expect, test } from 'bun:test';
import { createJsonReporter } from '../../../src/log/json-reporter.ts';
import { logEntriesIn } from '../../../src/log/log-text.ts';
import type { LogEvent } from '../../../src/log/logger.ts';
import { toLogEntry } from '../../../src/log/message.ts';

const AT = Date.UTC(2026, 4, 25, 12);
const EVENTS: readonly LogEvent[] = [
  { at: AT, level: 'info', area: 'worker', event: 'worker.stopped', fields: {} },
  { at: AT + 1, level: 'warn', area: 'jobs', event: 'job.failed', fields: { jobId: 'job-1', error: 'no\nmemory' } },
];

test('what was written to a file reads as the running worker showed it', () => {
  let text = '';
  const write = createJsonReporter({ write: (line) => (text += line) });
  for (const event of EVENTS) write(event);
  expect(logEntriesIn(text)).toEqual(EVENTS.map((event) => toLogEntry(event)!));
});

test('lines that are cut off, foreign or for developers are left out', () => {
  const good = '{"ts":"2026-05-25T12:00:00.000Z","level":"info","area":"worker","event":"worker.stopped"}';
  const lines = [
    good,
    '',
    'plain text',
    '[1]',
    'null',
    '{"ts":"2026-05-25T12:00:00.000Z","level":"loud","area":"worker","event":"x"}',
    '{"ts":"yesterday","level":"info","area":"worker","event":"x"}',
    '{"ts":"2026-05-25T12:00:00.000Z","level":"debug","area":"worker","event":"x"}',
    good.slice(0, 40),
  ];
  expect(logEntriesIn(lines.join('\n')).map(({ message }) => message)).toEqual(['stopped']);
});
