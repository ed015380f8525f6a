import { expect, test } from 'bun:test';
import { countStart, type StartVerdict, startSurvived } from '../../../../src/release/update/start-count.ts';
import { NOTHING_KNOWN, whyShelved, type UpdateState } from '../../../../src/release/update/state.ts';

const start = (state: UpdateState, version = '0.6.0', hasPrevious = true): StartVerdict =>
  countStart(state, { version, hasPrevious, now: 5 });

/** What is remembered after so many starts that died. */
function died(times: number, state: UpdateState = NOTHING_KNOWN): UpdateState {
  return Array.from({ length: times }).reduce<UpdateState>((before) => start(before).state, state);
}

test('a version that died three times is rolled back at its fourth start', () => {
  expect([0, 1, 2, 3].map((times) => start(died(times)).is)).toEqual(['go', 'go', 'go', 'roll-back']);
});

test('one that is taken back is shelved, and what was before it starts afresh', () => {
  const { state } = start(died(3));
  expect(whyShelved(state, '0.6.0')).toBe('it ended 3 times in a row before it came to work');
  expect(state.rolledBack).toEqual({ version: '0.6.0', at: 5, because: expect.any(String) });
  expect(start(state, '0.5.0', false)).toEqual({
    is: 'go',
    state: { ...state, starts: { version: '0.5.0', count: 1 } },
  });
});

test('a start that came to work forgets the deaths before it', () => {
  const state = startSurvived(died(3), '0.6.0');
  expect(start(died(2, state)).is).toBe('go');
  expect(start(died(3, state)).is).toBe('roll-back');
});

test('deaths of one version are not counted against another', () => {
  expect(start(died(3), '0.6.1').is).toBe('go');
});

test('a version without an earlier one is never rolled back', () => {
  let state = NOTHING_KNOWN;
  for (let times = 0; times < 10; times++) {
    const verdict = start(state, '0.6.0', false);
    expect(verdict.is).toBe('go');
    ({ state } = verdict);
  }
  expect(start(state).is).toBe('roll-back'); // once there is one
});
