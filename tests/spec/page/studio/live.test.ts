import { expect, test } from 'bun:test';
import type { JobRowView } from '../../../../src/contract/page/dashboard.ts';
import { coalesced } from '../../../../src/page/studio/live/coalesced.ts';
import { jobsWith, linesWith, sortedJobs, workersWith } from '../../../../src/page/studio/live/reducers.ts';
import { spaced } from '../../../../src/page/studio/live/spaced.ts';
import { filterJobs, NO_FILTER } from '../../../../src/page/studio/jobs/filter.ts';
import { spanOf, troubleOf } from '../../../../src/page/studio/jobs/looks.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 28, 12, minute)).toISOString();
const aJob = (id: string, about: Partial<JobRowView> = {}): JobRowView => ({
  id,
  state: 'queued',
  kind: 'image',
  model: 'fox',
  prompt: 'a fox',
  priority: 0,
  attempts: 0,
  maxAttempts: 3,
  createdAt: at(0),
  updatedAt: at(0),
  startedAt: undefined,
  finishedAt: undefined,
  workerId: undefined,
  error: undefined,
  waitsFor: undefined,
  ranOn: undefined,
  artifact: undefined,
  ...about,
});
const ids = (jobs: readonly JobRowView[]): string => jobs.map(({ id }) => id).join(' ');
const mapOf = (...jobs: readonly JobRowView[]) => new Map(jobs.map((job) => [job.id, job]));

test('jobs at work come first, then the queue, then those that ended last', () => {
  const jobs = mapOf(
    aJob('old', { state: 'completed', finishedAt: at(5) }),
    aJob('second', { createdAt: at(2) }),
    aJob('first', { createdAt: at(1) }),
    aJob('new', { state: 'failed', finishedAt: at(9) }),
    aJob('runs', { state: 'running', startedAt: at(3) }),
    aJob('asked', { state: 'offered' }),
  );
  expect(ids(sortedJobs(jobs))).toBe('runs asked first second new old');
});

test('an older state never takes the place of a newer one', () => {
  const newer = aJob('a', { state: 'running', updatedAt: at(2) });
  expect(jobsWith(mapOf(newer), [aJob('a', { updatedAt: at(1) })]).get('a')).toBe(newer);
  const same = aJob('a', { updatedAt: at(2), waitsFor: 'no worker is connected' });
  expect(jobsWith(mapOf(newer), [same]).get('a')).toBe(same);
});

test('a line that was there before is not taken twice', () => {
  const line = (seq: number) => ({
    seq,
    workerId: 'w',
    ts: '',
    level: 'info',
    category: 'ws',
    message: '',
    jobId: undefined,
  });
  const lines = linesWith([line(1), line(2)], [line(2), line(4)]);
  expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 4]);
  expect(linesWith(lines, [line(3)])).toBe(lines);
});

test('a worker that changed keeps its place, and a new one comes last', () => {
  const worker = (workerId: string, connected: boolean) => ({ workerId, connected }) as never;
  const workers = workersWith([worker('a', false), worker('b', false)], worker('a', true));
  expect(workersWith(workers, worker('c', true)).map(({ workerId, connected }) => `${workerId} ${connected}`)).toEqual([
    'a true',
    'b false',
    'c true',
  ]);
});

test('work asked for while it is under way runs once more, and no oftener', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let runs = 0;
  const work = coalesced(async () => {
    runs += 1;
    await gates[runs - 1]?.promise;
  }, reportError);
  const first = work();
  void work();
  void work();
  gates[0]?.resolve();
  gates[1]?.resolve();
  await first;
  expect(runs).toBe(2);
  await work();
  expect(runs).toBe(3);
});

test('a read that fails is reported, and the next one is made', async () => {
  const faults: unknown[] = [];
  let runs = 0;
  const work = coalesced(
    async () => {
      runs += 1;
      await Promise.resolve();
      if (runs < 3) throw new TypeError(`read ${runs}`);
    },
    (fault) => faults.push(fault),
  );
  await work();
  await Promise.all([work(), work()]);
  expect([runs, faults.map(String)]).toEqual([3, ['TypeError: read 1', 'TypeError: read 2']]);
});

test('a job on offer counts as queued, and kinds are told apart', () => {
  const jobs = [aJob('a', { state: 'offered' }), aJob('b', { kind: 'llm' }), aJob('c', { state: 'failed' })];
  expect(ids(filterJobs(jobs, { ...NO_FILTER, state: 'queued' }))).toBe('a b');
  expect(ids(filterJobs(jobs, { state: 'all', kind: 'llm' }))).toBe('b');
});

test('a row says what is in the way, and how long it takes', () => {
  const now = Date.parse(at(10));
  expect(troubleOf(aJob('a', { waitsFor: 'no worker is connected' }))?.say).toBe('no worker is connected');
  expect(troubleOf(aJob('a', { state: 'failed', error: 'out of memory', attempts: 3 }))?.say).toBe(
    'out of memory, 3 of 3 attempts',
  );
  expect(troubleOf(aJob('a', { state: 'completed' }))).toBe(undefined);
  expect(spanOf(aJob('a', { createdAt: at(8) }), now)).toBe('2m 00s');
  expect(spanOf(aJob('a', { state: 'running', startedAt: at(9) }), now)).toBe('1m 00s');
  expect(spanOf(aJob('a', { state: 'completed', startedAt: at(1), finishedAt: at(4) }), now)).toBe('3m 00s');
});

test('what is asked for often is done at once, then at intervals', () => {
  const timers: (() => void)[] = [];
  let done = 0;
  const ask = spaced(
    () => (done += 1),
    2_000,
    (ms, what) => {
      expect(ms).toBe(2_000);
      timers.push(what);
    },
  );
  const afterwards = (): void => timers.shift()?.();
  for (let asked = 0; asked < 3; asked += 1) ask();
  expect(done).toBe(1);
  afterwards();
  expect(done).toBe(2);
  afterwards();
  expect([done, timers.length]).toEqual([2, 0]);
  ask();
  expect(done).toBe(3);
});
