import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createConsoleReporter } from '../../../src/log/console-reporter.ts';
import { createJsonReporter } from '../../../src/log/json-reporter.ts';
import { toJsonText } from '../../../src/log/json-text.ts';
import type { Fields, LogEvent } from '../../../src/log/logger.ts';
import type { ColourDepth } from '../../../src/system/terminal.ts';

function setup(colourDepth: ColourDepth = 1) {
  const lines: string[] = [];
  const output = { write: (text: string) => void lines.push(text), colourDepth };
  return { lines, toPeople: createConsoleReporter(output), toService: createJsonReporter(output) };
}
const anEvent = (fields: Fields, over: Partial<LogEvent> = {}): LogEvent => ({
  at: Date.UTC(2026, 4, 25, 12, 0, 1, 5),
  level: 'info',
  area: 'jobs',
  event: 'thing.happened',
  fields,
  ...over,
});

describe('for people', () => {
  test('a line has the time, the level and the sentence', () => {
    const { lines, toPeople } = setup();
    toPeople(anEvent({ kind: 'image', durationMs: 5 }, { event: 'job.ran' }));
    toPeople(anEvent({ error: 'no' }, { event: 'job.failed', level: 'error' }));
    expect(lines).toEqual([
      '12:00:01.005 info  image dispatched in 5 ms\n',
      '12:00:01.005 error dispatch failed: no\n',
    ]);
  });

  test('a failed job has its remedy in brackets', () => {
    const { lines, toPeople } = setup();
    toPeople(anEvent({ error: 'no', hint: 'Free some space.' }, { event: 'job.failed', level: 'error' }));
    expect(lines).toEqual(['12:00:01.005 error dispatch failed: no (Free some space.)\n']);
  });

  test('a line about a job ends with its id, unless the sentence has it', () => {
    const { lines, toPeople } = setup();
    toPeople(anEvent({ jobId: 'job-1', kind: 'image', durationMs: 5 }, { event: 'job.ran' }));
    toPeople(anEvent({ jobId: 'job-1', rule: 'busy' }, { event: 'offer.rejected' }));
    toPeople(anEvent({ jobId: 'a\u001B[2J\nb', durationMs: 5, kind: 'image' }, { event: 'job.ran' }));
    expect(lines).toEqual([
      '12:00:01.005 info  image dispatched in 5 ms [job-1]\n',
      '12:00:01.005 info  rejecting offer job-1: worker is already busy\n',
      '12:00:01.005 info  image dispatched in 5 ms [a\uFFFD[2J b]\n',
    ]);
  });

  test('a line that no terminal shows has the date as well', () => {
    const lines: string[] = [];
    const output = { write: (text: string) => void lines.push(text), colourDepth: 1 as const, isTty: false };
    createConsoleReporter(output)(anEvent({ kind: 'image', durationMs: 5 }, { event: 'job.ran' }));
    expect(lines).toEqual(['2026-05-25T12:00:01.005Z info  image dispatched in 5 ms\n']);
  });

  test('colour marks the level on a terminal that shows it', () => {
    const { lines, toPeople } = setup(4);
    toPeople(anEvent({}, { level: 'warn' }));
    expect(lines).toEqual(['\u{1B}[2m12:00:01.005\u{1B}[0m \u{1B}[33mwarn \u{1B}[0m thing.happened\n']);
  });

  test('an event logged often is shown as often', () => {
    const { lines, toPeople } = setup();
    for (let turn = 0; turn < 20; turn++) toPeople(anEvent({}, { level: 'debug' }));
    expect(lines).toHaveLength(20);
  });

  test('the stack of an unforeseen error stands below its line', () => {
    const { lines, toPeople } = setup();
    toPeople(anEvent({ error: 'x', stack: 'Error: x\n  at y' }, { event: 'job.failed', level: 'error' }));
    expect(lines).toEqual(['12:00:01.005 error dispatch failed: x\n    Error: x\n      at y\n']);
  });

  test('a foreign text cannot break the line or steer the terminal', () => {
    const { lines, toPeople } = setup(4);
    toPeople(anEvent({ error: 'a\r\nb\u{1B}[2Jc\u{9B}d\u{7}' }, { event: 'job.failed' }));
    expect(lines.join('')).toEndWith('dispatch failed: a ⏎ b\u{FFFD}[2Jc\u{FFFD}d\u{FFFD}\n');
  });
});

describe('for services', () => {
  test('a line is one object with the facts beside time, level, area and event', () => {
    const { lines, toService } = setup();
    toService(anEvent({ jobId: 'job-1', note: 'two\nlines' }));
    expect(lines).toEqual([
      '{"ts":"2026-05-25T12:00:01.005Z","level":"info","area":"jobs","event":"thing.happened",' +
        '"jobId":"job-1","note":"two\\nlines"}\n',
    ]);
  });

  test('a fact called level cannot pose as the level', () => {
    const { lines, toService } = setup();
    toService(anEvent({ level: 'error', event: 'fake' }));
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'info', event: 'thing.happened' });
  });

  test('big integers, errors, circles and bytes are written as something readable', () => {
    const ring: Record<string, unknown> = { seed: 2n ** 64n - 1n, bytes: new Uint8Array(3), none: Number.NaN };
    ring.self = ring;
    const twice = { shared: true };
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'disk.full' });
    const { lines, toService } = setup();
    toService(anEvent({ ring, error, first: twice, second: twice, map: new Map([[1, 'one']]), set: new Set(['a']) }));
    expect(JSON.parse(lines.join(''))).toMatchObject({
      ring: { seed: '18446744073709551615', bytes: '<3 bytes>', none: 'NaN', self: '[circular]' },
      error: { name: 'Error', message: 'outer', code: 'disk.full', cause: { message: 'inner' } },
      first: { shared: true },
      second: { shared: true },
      map: { 1: 'one' },
      set: ['a'],
    });
  });

  test('a fact that throws when read costs that line its facts and no more', () => {
    const hostile = {
      toJSON(): string {
        throw new Error('no');
      },
    };
    expect(toJsonText({ hostile })).toBe('"[unreadable]"');
    expect(toJsonText(undefined)).toBe('"undefined"');
  });

  test('a map whose keys are objects costs no line', () => {
    const { lines, toService } = setup();
    toService(anEvent({ facts: new Map([[{ toString: false }, 1]]) }));
    expect(JSON.parse(lines.join(''))).toMatchObject({ event: 'thing.happened', facts: { '<object>': 1 } });
  });

  test('whatever the facts are, a line is one line of JSON', () => {
    fc.assert(
      fc.property(fc.object({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true }), (facts) => {
        const { lines, toService } = setup();
        toService(anEvent({ facts }));
        expect(lines.join('').indexOf('\n')).toBe(lines.join('').length - 1);
        expect(JSON.parse(lines.join(''))).toMatchObject({ event: 'thing.happened' });
      }),
    );
  });
});
