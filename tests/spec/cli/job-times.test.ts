import { expect, test } from 'bun:test';
import { cellsOf, timesOf } from '../../../src/cli/view/job-times.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 4, 25, 12, 0, seconds)).toISOString();
const NOW = Date.parse(at(60));
const job = { state: 'running', createdAt: at(0), startedAt: undefined, finishedAt: undefined } as const;

test.each([
  ['one that waits has done nothing yet', { state: 'queued' }, ['1 min', '-']],
  ['one that runs is timed until now', { startedAt: at(45) }, ['45.0 s', '15.0 s']],
  [
    'one that ended is timed to its end',
    { state: 'completed', startedAt: at(10), finishedAt: at(12) },
    ['10.0 s', '2.0 s'],
  ],
  ['one that waits for another try waits on', { state: 'queued', startedAt: at(10) }, ['1 min', '-']],
  ['one that was cancelled in the queue never ran', { state: 'cancelled', finishedAt: at(5) }, ['5.0 s', '-']],
  ['a clock that was set back makes no negative time', { startedAt: at(-9), finishedAt: at(-20) }, ['0 ms', '0 ms']],
] as const)('of a job %s', (_what, over, cells) => {
  expect(cellsOf(timesOf({ ...job, ...over }, NOW))).toEqual([...cells]);
});
