import { expect, test } from 'bun:test';
import { reportTakeover } from '../../../../src/worker/reports/takeover-report.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

test('a service manager hears of a takeover every ten seconds until it is over', () => {
  const clock = new FakeClock();
  const sent: unknown[] = [];
  const report = reportTakeover({ send: (facts) => sent.push(facts) > 0 }, clock);
  expect(sent).toEqual([{ WATCHDOG: 1, STATUS: 'moving to another version' }]);
  clock.advance(20_000);
  expect(sent).toHaveLength(3);
  report[Symbol.dispose]();
  clock.advance(60_000);
  expect(sent).toHaveLength(3);
});
