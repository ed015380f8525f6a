import { expect, test } from 'bun:test';
import { asksMachine, readConditions } from '../../../../src/worker/conditions/read.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const NOTHING = { pause_on_battery: false, pause_when_full_screen: false };
const ALL = { pause_on_battery: true, pause_for_programs: ['game'], pause_when_full_screen: true };

/** A machine on battery where a game fills the screen, and what was asked of it. */
function setup() {
  const asked: string[] = [];
  const surroundings = {
    power() {
      asked.push('power');
      return Promise.resolve({ is: 'battery' as const, source: 'BAT0' });
    },
    programs() {
      asked.push('programs');
      return Promise.resolve({ is: 'known' as const, names: ['game'] });
    },
    fullScreen() {
      asked.push('full screen');
      return Promise.resolve({ is: 'full-screen' as const, source: 'X11' });
    },
  };
  return { asked, parts: { surroundings, clock: new FakeClock() } };
}

test('a machine whose jobs are tied to nothing is asked nothing', async () => {
  const { asked, parts } = setup();
  expect(asksMachine(NOTHING)).toBe(false);
  expect(await readConditions(NOTHING, parts)).toEqual([]);
  expect(asked).toEqual([]);
});

test('an empty list of programs is nothing to ask about', () => {
  expect(asksMachine({ ...NOTHING, pause_for_programs: [] })).toBe(false);
});

test.each([
  ['pause_on_battery', 'power', 'battery'],
  ['pause_for_programs', 'programs', 'programs'],
  ['pause_when_full_screen', 'full screen', 'full-screen'],
] as const)('%s alone has the machine asked for %s', async (key, question, what) => {
  const { asked, parts } = setup();
  const keys = { ...NOTHING, [key]: ALL[key] };
  expect(asksMachine(keys)).toBe(true);
  expect(await readConditions(keys, parts)).toMatchObject([{ what, isMet: false }]);
  expect(asked).toEqual([question]);
});

test('all that is set is read at one moment, the hours first', async () => {
  const { parts } = setup();
  const schedule = [{ from: '22:00', to: '07:00' }];
  expect((await readConditions({ ...ALL, schedule }, parts)).map(({ what }) => what)).toEqual([
    'schedule',
    'battery',
    'programs',
    'full-screen',
  ]);
});
