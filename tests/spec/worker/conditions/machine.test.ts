import { expect, test } from 'bun:test';
import {
  batteryCondition,
  fullScreenCondition,
  programsCondition,
  runningOf,
} from '../../../../src/worker/conditions/machine.ts';

const untold = { is: 'unknown', because: 'no answer' } as const;

test('a battery that is drained keeps jobs away, and says which', () => {
  expect(batteryCondition({ is: 'battery', source: 'BAT0' })).toMatchObject({
    isMet: false,
    because: 'this machine runs on battery (BAT0)',
  });
  expect(batteryCondition({ is: 'mains', source: 'AC' })).toMatchObject({ isMet: true, isKnown: true });
});

test('a full-screen program keeps jobs away, by its name where it has one', () => {
  expect(fullScreenCondition({ is: 'full-screen', source: 'X11', program: 'mpv' })).toMatchObject({
    isMet: false,
    because: 'mpv fills the screen (X11)',
  });
  expect(fullScreenCondition({ is: 'full-screen', source: 'X11' }).because).toBe('a program fills the screen (X11)');
  expect(fullScreenCondition({ is: 'windowed', source: 'X11' })).toMatchObject({ isMet: true });
});

test('a program is known in any letter case, with or without .exe', () => {
  expect(runningOf(['Blender', 'game', 'steam.exe'], ['blender', 'GAME.EXE', 'steam'])).toEqual([
    'Blender',
    'game',
    'steam.exe',
  ]);
  expect(runningOf(['game'], ['gamepad', 'my-game'])).toEqual([]);
});

test('the programs that run are named', () => {
  const wanted = ['blender', 'game', 'obs'];
  expect(programsCondition(wanted, { is: 'known', names: ['obs', 'blender'] })).toMatchObject({
    isMet: false,
    because: 'blender and obs run (pause_for_programs)',
  });
  expect(programsCondition(wanted, { is: 'known', names: [] })).toMatchObject({ isMet: true });
});

test('what the machine does not tell keeps no jobs away', () => {
  const conditions = [batteryCondition(untold), fullScreenCondition(untold), programsCondition(['a'], untold)];
  for (const { isMet, isKnown, because } of conditions) {
    expect([isMet, isKnown, because.endsWith('is not known (no answer)')]).toEqual([true, false, true]);
  }
});
