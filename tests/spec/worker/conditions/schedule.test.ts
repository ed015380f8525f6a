import { expect, test } from 'bun:test';
import type { ScheduleWindow } from '../../../../src/base/config/schedule-window.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../src/base/units.ts';
import { scheduleCondition } from '../../../../src/worker/conditions/condition.ts';
import { scheduleAt } from '../../../../src/worker/conditions/schedule.ts';

const AMSTERDAM = 'Europe/Amsterdam';
const night: ScheduleWindow = { days: ['fri'], from: '22:00', to: '07:00', time_zone: AMSTERDAM };

const at = (iso: string): number => Date.parse(iso);
/** Whether it is open, and when that changes, as UTC. */
function stateAt(iso: string, ...windows: readonly ScheduleWindow[]): readonly [string, string] {
  const state = scheduleAt(windows, at(iso));
  if (state.is === 'always') return ['always', ''];
  return [state.is, state.changesAt === undefined ? 'never' : new Date(state.changesAt).toISOString().slice(0, 16)];
}

test('without any window jobs are taken at all hours', () => {
  expect(stateAt('2026-11-28T12:00Z')).toEqual(['always', '']);
  expect(scheduleCondition({ is: 'always' }, 0)).toBeUndefined();
});

test('a window past midnight belongs to the day on which it opens', () => {
  expect(stateAt('2026-11-27T20:59Z', night)).toEqual(['closed', '2026-11-27T21:00']);
  expect(stateAt('2026-11-27T21:00Z', night)).toEqual(['open', '2026-11-28T06:00']);
  expect(stateAt('2026-11-28T05:59:59Z', night)).toEqual(['open', '2026-11-28T06:00']);
  expect(stateAt('2026-11-28T06:00Z', night)).toEqual(['closed', '2026-12-04T21:00']);
});

test('Sunday night opens into Monday', () => {
  const sunday: ScheduleWindow = { days: ['sun'], from: '23:00', to: '01:00', time_zone: 'UTC' };
  expect(stateAt('2026-11-29T23:30Z', sunday)).toEqual(['open', '2026-11-30T01:00']);
  expect(stateAt('2026-11-30T00:30Z', sunday)).toEqual(['open', '2026-11-30T01:00']);
  expect(stateAt('2026-11-29T00:30Z', sunday)).toEqual(['closed', '2026-11-29T23:00']);
});

test('windows that touch or overlap are one', () => {
  const first: ScheduleWindow = { days: ['sat'], from: '00:00', to: '24:00', time_zone: 'UTC' };
  const second: ScheduleWindow = { days: ['sun'], from: '00:00', to: '12:30', time_zone: 'UTC' };
  expect(stateAt('2026-11-28T10:00Z', first, second)).toEqual(['open', '2026-11-29T12:30']);
});

test('hours of every day, around the clock, never close', () => {
  const day: ScheduleWindow = { from: '00:00', to: '24:00', time_zone: 'UTC' };
  expect(stateAt('2026-11-28T10:00Z', day)).toEqual(['open', 'never']);
});

test('when the clock springs forward, a night is an hour shorter', () => {
  const saturday: ScheduleWindow = { ...night, days: ['sat'] };
  const opened = at('2026-03-28T21:00Z'); // 22:00 in winter time
  const state = scheduleAt([saturday], opened);
  expect(state).toEqual({ is: 'open', changesAt: opened + 8 * HOUR_MS }); // 07:00 in summer time
});

test('when the clock falls back, a night is an hour longer', () => {
  const saturday: ScheduleWindow = { ...night, days: ['sat'] };
  const opened = at('2026-10-24T20:00Z'); // 22:00 in summer time
  expect(scheduleAt([saturday], opened)).toEqual({ is: 'open', changesAt: opened + 10 * HOUR_MS });
});

test('an hour that spring leaves out does not open, and opens a week later', () => {
  const hour: ScheduleWindow = { days: ['sun'], from: '02:00', to: '03:00', time_zone: AMSTERDAM };
  expect(stateAt('2026-03-28T12:00Z', hour)).toEqual(['closed', '2026-04-05T00:00']);
});

test('a window that begins in the hour left out opens when that is over', () => {
  const early: ScheduleWindow = { days: ['sun'], from: '02:30', to: '05:00', time_zone: AMSTERDAM };
  expect(stateAt('2026-03-29T00:59Z', early)).toEqual(['closed', '2026-03-29T01:00']);
});

test('an hour that comes twice in autumn is open twice', () => {
  const hour: ScheduleWindow = { days: ['sun'], from: '02:00', to: '03:00', time_zone: AMSTERDAM };
  expect(stateAt('2026-10-25T00:00Z', hour)).toEqual(['open', '2026-10-25T02:00']);
  const half: ScheduleWindow = { ...hour, from: '02:15', to: '02:30' };
  expect(stateAt('2026-10-25T00:20Z', half)).toEqual(['open', '2026-10-25T00:30']);
  expect(stateAt('2026-10-25T00:30Z', half)).toEqual(['closed', '2026-10-25T01:15']);
});

test.each(['Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Chatham', 'Pacific/Apia'])(
  'the moment at which hours open in %s is the first that is open',
  (zone) => {
    const window: ScheduleWindow = { days: ['tue', 'sat'], from: '01:50', to: '02:05', time_zone: zone };
    let now = at('2026-01-01T00:00Z');
    for (let change = 0; change < 60; change += 1) {
      const state = scheduleAt([window], now);
      if (state.is === 'always' || state.changesAt === undefined) throw new Error('it has to change');
      const is = (when: number): string => scheduleAt([window], when).is;
      expect([is(state.changesAt - MINUTE_MS / 60), is(state.changesAt)]).toEqual(
        state.is === 'open' ? ['open', 'closed'] : ['closed', 'open'],
      );
      now = state.changesAt;
    }
  },
);

test('the condition says when the hours close, or open next', () => {
  const [open, closed] = [scheduleAt([night], at('2026-11-27T21:00Z')), scheduleAt([night], at('2026-11-27T19:00Z'))];
  expect(scheduleCondition(open, at('2026-11-27T21:00Z'))).toMatchObject({
    isMet: true,
    because: expect.stringMatching(/^within the hours of \[\[schedule\]\], until \w+,? \d\d:\d\d$/),
  });
  expect(scheduleCondition(closed, at('2026-11-27T19:00Z'))).toMatchObject({
    isMet: false,
    because: expect.stringMatching(/^outside the hours of \[\[schedule\]\], which opens \w+,? \d\d:\d\d, in 2 h/),
  });
});
