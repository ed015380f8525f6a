import { expect, test } from 'bun:test';
import { collapseRepeats } from '../../../src/log/collapse.ts';
import { DEFAULT_LEVELS } from '../../../src/log/levels.ts';
import type { LogEvent } from '../../../src/log/logger.ts';
import { openLog } from '../../../src/log/open-log.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

function setup() {
  const clock = new FakeClock();
  const passed: LogEvent[] = [];
  const lines = collapseRepeats((event) => void passed.push(event), clock);
  const log = (event: string, times = 1, about: Partial<LogEvent> = {}): void => {
    for (let nth = 0; nth < times; nth++) {
      lines.sink({ at: clock.now(), level: 'info', area: 'jobs', event, fields: { jobId: `j-${nth}` }, ...about });
    }
  };
  const countOf = (event: string): number => passed.filter((one) => one.event === event).length;
  const counts = (): readonly unknown[] =>
    passed.filter(({ event }) => event === 'lines.collapsed').map(({ fields }) => fields);
  return { clock, passed, lines, log, countOf, counts };
}

test('what is logged now and then passes as it is', () => {
  const { clock, log, countOf, counts } = setup();
  for (let minute = 0; minute < 300; minute++) {
    log('offer.rejected', 3);
    clock.advance(60_000);
  }
  expect([countOf('offer.rejected'), counts()]).toEqual([900, []]);
});

test('of a hundred thousand rejected offers some lines pass and the others are counted', () => {
  const { clock, log, countOf, counts } = setup();
  for (let second = 0; second < 10; second++) {
    log('offer.rejected', 10_000);
    clock.advance(1_000);
  }
  expect(countOf('offer.rejected')).toBeLessThanOrEqual(110);
  const [first] = counts();
  expect(first).toEqual({ repeated: 'offer.rejected', count: 100_000 - countOf('offer.rejected'), durationMs: 10_000 });
});

test('a flood of one event collapses no other event, rule or level', () => {
  const { log, passed } = setup();
  log('offer.rejected', 1_000, { fields: { rule: 'busy' } });
  log('offer.rejected', 1, { fields: { rule: 'memory' } });
  log('offer.rejected', 1, { level: 'warn' });
  log('session.lost', 1);
  expect(passed.slice(100).map(({ event, level, fields }) => [event, level, fields['rule']])).toEqual([
    ['offer.rejected', 'info', 'memory'],
    ['offer.rejected', 'warn', undefined],
    ['session.lost', 'info', undefined],
  ]);
});

test('job events are limited, but above the rate of a busy worker', () => {
  const { clock, log, countOf } = setup();
  for (let second = 0; second < 600; second++) {
    log('job.completed', 20);
    clock.advance(1_000);
  }
  expect(countOf('job.completed')).toBe(12_000);
  log('job.failed', 50_000);
  expect(countOf('job.failed')).toBe(1_000);
});

test('a count of collapsed lines keeps their level and area', () => {
  const { clock, log, passed } = setup();
  log('offer.rejected', 150, { level: 'warn', area: 'session' });
  clock.advance(10_000);
  expect(passed.at(-1)).toMatchObject({
    event: 'lines.collapsed',
    level: 'warn',
    area: 'session',
    fields: { count: 50 },
  });
  const before = passed.length;
  clock.advance(600_000);
  expect([passed.length, clock.armed]).toEqual([before, 0]);
});

test('counts that are still open are logged when the log is flushed, and once', () => {
  const { clock, log, lines, counts } = setup();
  log('offer.rejected', 150);
  clock.advance(4_000);
  lines.flush();
  lines.flush();
  clock.advance(60_000);
  expect(counts()).toEqual([{ repeated: 'offer.rejected', count: 50, durationMs: 4_000 }]);
});

test('debug events pass all, because somebody asked for them', () => {
  const { log, countOf } = setup();
  log('frame.received', 5_000, { level: 'debug' });
  expect(countOf('frame.received')).toBe(5_000);
});

test('neither the terminal nor the studio gets a line for each rejected offer', async () => {
  const clock = new FakeClock();
  let shown = '';
  const terminal = { write: (text: string | Uint8Array) => void (shown += String(text)), colourDepth: 1 } as const;
  const log = openLog({ clock, format: 'console', levels: DEFAULT_LEVELS, terminal });
  const logger = log.logger.child({}, 'jobs');
  for (let nth = 0; nth < 20_000; nth++) {
    logger.info('offer.rejected', { jobId: `j-${nth}`, rule: 'claiming', because: 'claiming is off' });
  }
  await log.flush();
  expect(shown.split('\n').length).toBeLessThan(110);
  expect(shown).toContain('info  19900 more "offer.rejected" in the last 0 ms');
  expect(log.shipBuffer.size).toBe(101);
  expect(log.ring.lastSeq).toBe(101);
});
