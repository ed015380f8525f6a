import { expect, test } from 'bun:test';
import type { ApiJob } from '../../../../src/local-api/contract/jobs.ts';
import type { ApiLogLine } from '../../../../src/local-api/contract/logs.ts';
import {
  jobsAfter,
  jobsAfterProgress,
  linesAfter,
  linesFrom,
  MAX_LINES,
  sorted,
  stepsAfter,
} from '../../../../src/page/live/reducers.ts';
import { ENDED, LIGHTHOUSE, LINES, RUNNING } from '../../../page/fixtures.ts';

test('a job that ends moves to the top of the ended ones', () => {
  const before = [RUNNING, LIGHTHOUSE];
  const done: ApiJob = { ...RUNNING, status: 'undelivered', finishedAt: Date.now() };
  expect(jobsAfter(before, done)).toEqual([done, LIGHTHOUSE]);
});

test('fifty jobs of each source are kept, the newest', () => {
  const jobs = Array.from({ length: 60 }, (_, index): ApiJob[] => [
    { ...LIGHTHOUSE, jobId: `studio-${index}`, finishedAt: index },
    { ...LIGHTHOUSE, jobId: `local-${index}`, source: 'local', finishedAt: index },
  ]).flat();
  const kept = sorted(jobs);
  expect(kept).toHaveLength(100);
  expect(kept.some(({ jobId }) => jobId === 'studio-9')).toBe(false);
  expect(kept[0]?.finishedAt).toBe(59);
});

test('progress counts for a running job alone', () => {
  const step = { done: 14, total: 20, share: 0.7 };
  const [running, ended] = jobsAfterProgress([RUNNING, LIGHTHOUSE], { jobId: RUNNING.jobId, ...step });
  expect(running?.progress).toEqual(step);
  expect(ended).toBe(LIGHTHOUSE);
  const late = jobsAfterProgress([LIGHTHOUSE], { jobId: LIGHTHOUSE.jobId, ...step });
  expect(late[0]?.progress).toBe(undefined);
});

test('steps are timed from the first one seen, and forgotten with their job', () => {
  const at = (done: number): readonly ApiJob[] => [{ ...RUNNING, progress: { done, total: 20, share: done / 20 } }];
  const first = stepsAfter(new Map(), at(13), 1_000);
  const same = stepsAfter(first, at(13), 2_000);
  const second = stepsAfter(same, at(14), 3_000);
  expect(same.get(RUNNING.jobId)).toEqual({ first: { at: 1_000, done: 13 }, last: { at: 1_000, done: 13 } });
  expect(second.get(RUNNING.jobId)).toEqual({ first: { at: 1_000, done: 13 }, last: { at: 3_000, done: 14 } });
  expect(stepsAfter(second, ENDED, 4_000).size).toBe(0);
});

test('a line that comes by both ways is shown once', () => {
  const half = linesAfter({ lines: [], all: 0 }, LINES.slice(0, 5));
  expect(linesAfter(half, LINES)).toEqual({ lines: LINES, all: LINES.length });
});

test('a window holds the newest lines and counts those before them', () => {
  const lines = Array.from({ length: MAX_LINES + 5 }, (_, index) => ({ ...LINES[0]!, seq: index + 1 }));
  const held = linesAfter({ lines: [], all: 0 }, lines);
  expect(held.lines).toHaveLength(MAX_LINES);
  expect(held.lines[0]?.seq).toBe(6);
  expect(held.all).toBe(MAX_LINES + 5);
});

test('a worker that was started again begins a new log', () => {
  const later = (line: ApiLogLine): ApiLogLine => ({ ...line, ts: '2099-01-01T00:00:00.000Z' });
  const held = { lines: LINES, all: LINES.length };
  const shorter = LINES.slice(0, 2).map(later);
  expect(linesFrom(held, { entries: shorter, seq: 2 })).toEqual({ lines: shorter, all: 2 });
  const longer = [...LINES, { ...LINES[0]!, seq: 9 }].map(later);
  expect(linesFrom(held, { entries: longer, seq: 9 })).toEqual({ lines: longer, all: 9 });
  expect(linesFrom(held, { entries: [], seq: 8 })).toEqual(held);
});

test('lines that came while the log was read stay behind those that were read', () => {
  const before = linesAfter({ lines: [], all: 0 }, LINES.slice(6));
  expect(linesFrom(before, { entries: LINES.slice(0, 7), seq: 7 })).toEqual({ lines: LINES, all: LINES.length });
});
