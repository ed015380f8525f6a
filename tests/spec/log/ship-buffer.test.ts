import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { KIB } from '../../../src/base/units.ts';
import { logBatch } from '../../../src/contract/frames/outbound.ts';
import type { LogEntry } from '../../../src/contract/log-entry.ts';
import { createShipBuffer } from '../../../src/log/ship-buffer.ts';

const anEntry = (message: string): LogEntry => ({
  ts: '2026-05-25T12:00:00.000Z',
  level: 'info',
  category: 'ws',
  message,
});
const everything = { maxEntries: 100_000, maxBytes: 1_000_000_000 };
const bytesOf = (entries: readonly LogEntry[]): number => Buffer.byteLength(JSON.stringify(logBatch(entries)), 'utf8');

function setup(capacity: number | undefined, ...messages: readonly string[]) {
  const buffer = createShipBuffer(capacity);
  for (const message of messages) buffer.push(anEntry(message));
  return { buffer, messages: () => buffer.take(everything).map((entry) => entry.message) };
}
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `line ${at}`);

test('entries leave in the order they came, each once', () => {
  const { buffer, messages } = setup(undefined, 'a', 'b');
  expect(messages()).toEqual(['a', 'b']);
  expect(buffer.size).toBe(0);
  expect(buffer.take()).toEqual([]);
});

test('a full buffer drops the two oldest for a marker and the new entry', () => {
  const { buffer } = setup(undefined, ...numbered(5_000));
  buffer.push(anEntry('newest'));
  const entries = buffer.take(everything);
  expect(entries).toHaveLength(5_000);
  expect(entries[0]?.message).toBe('line 2');
  expect(entries.at(-2)).toEqual({
    ts: '2026-05-25T12:00:00.000Z',
    level: 'warn',
    category: 'logs',
    message: 'ship queue full (5000 entries); dropped 2 oldest',
  });
  expect(entries.at(-1)?.message).toBe('newest');
});

test('a batch that could not be sent goes in front of what came since', () => {
  const { buffer, messages } = setup(undefined, 'a', 'b', 'c');
  const batch = buffer.take({ maxEntries: 2, maxBytes: 256 * KIB });
  buffer.push(anEntry('d'));
  buffer.requeue(batch);
  expect(messages()).toEqual(['a', 'b', 'c', 'd']);
});

test('a batch that no longer fits gives way from its oldest end', () => {
  const { buffer, messages } = setup(4, 'a', 'b', 'c');
  const batch = buffer.take();
  for (const message of ['d', 'e', 'f']) buffer.push(anEntry(message));
  buffer.requeue(batch);
  expect(messages()).toEqual(['c', 'd', 'e', 'f']);
});

describe('one frame', () => {
  test('carries at most two hundred entries', () => {
    const { buffer } = setup(undefined, ...numbered(450));
    expect([buffer.take().length, buffer.take().length, buffer.take().length]).toEqual([200, 200, 50]);
  });

  test('stays within 256 KiB of JSON whatever the script of its texts', () => {
    const { buffer } = setup(undefined, ...Array.from({ length: 12 }, () => '漢"'.repeat(10_000)));
    const first = buffer.take();
    expect(first.length).toBe(5);
    expect(bytesOf(first)).toBeLessThanOrEqual(256 * KIB);
  });

  test('cuts a single entry that is too big, between characters', () => {
    const { buffer } = setup(undefined, '😀'.repeat(100_000), 'next');
    const [entry, ...others] = buffer.take();
    expect(others).toEqual([]);
    expect(entry?.message).toEndWith('… [cut]');
    expect(entry?.message.isWellFormed()).toBe(true);
    expect(bytesOf([entry ?? anEntry('')])).toBeWithin(255 * KIB, 256 * KIB + 1);
    expect(buffer.take().map(({ message }) => message)).toEqual(['next']);
  });

  test('carries an entry even when nothing of it could fit', () => {
    const { buffer } = setup(undefined, 'long enough');
    expect(buffer.take({ maxEntries: 1, maxBytes: 1 })).toHaveLength(1);
  });
});

test('debug events stay here and the others ship as entries', () => {
  const { buffer } = setup(undefined);
  buffer.sink({ at: 0, level: 'debug', area: 'session', event: 'frame.heard', fields: {} });
  buffer.sink({ at: 0, level: 'info', area: 'delivery', event: 'result.sent', fields: { jobId: 'job-1' } });
  expect(buffer.take()).toEqual([
    { ts: '1970-01-01T00:00:00.000Z', level: 'info', category: 'ws', message: 'json result sent', jobId: 'job-1' },
  ]);
});

test('whatever is pushed, taken and returned, the buffer keeps its bound and its order', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ do: fc.constantFrom('take' as const, 'fail' as const), count: fc.integer({ min: 1, max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { buffer } = setup(20);
      let serial = 0;
      for (const { do: what, count } of steps) {
        if (what === 'push') for (let each = 0; each < count; each++) buffer.push(anEntry(String(++serial)));
        else {
          const batch = buffer.take({ maxEntries: count, maxBytes: 256 * KIB });
          if (what === 'fail') buffer.requeue(batch);
        }
        expect(buffer.size).toBeLessThanOrEqual(20);
      }
      const left = buffer.take(everything).filter(({ category }) => category === 'ws');
      const numbers = left.map(({ message }) => Number(message));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }),
  );
});
