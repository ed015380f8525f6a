import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import type { LoadOptions } from '../../../src/engines/load-options.ts';
import { withLeanRetry } from '../../../src/jobs/lean-retry.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';
import { LEAN, USUAL } from '../../fakes/engines/loading.ts';

const SHORTAGE = { gpu: 'RTX 4090', freeGb: 5.2, totalGb: 24 };
const noMemory = new WorkerError('engine.out-of-memory', 'cudaMalloc failed');

/** Attempts that end as listed, one after the other; a string is a result. */
function setup(ends: readonly (string | Error)[], about: { canRunLean?: boolean } = {}) {
  const { canRunLean = true } = about;
  const log = recordingLogger();
  const abort = new AbortController();
  const tries: LoadOptions[] = [];
  const taught: string[] = [];
  const attempt = (how: LoadOptions): Promise<string> => {
    const end = ends[tries.length] ?? 'nobody asked for this';
    tries.push(how);
    return typeof end === 'string' ? Promise.resolve(end) : Promise.reject(end);
  };
  const deps = {
    engine: { id: 'sd-cpp', canRunLean },
    device: undefined,
    ranOut: (error: WorkerError) => {
      taught.push(error.message);
      return SHORTAGE;
    },
    log,
    signal: abort.signal,
  } as const;
  return { log, abort, tries, taught, start: () => withLeanRetry(attempt, deps) };
}

test('a job out of memory gets one lean retry, logged with numbers', async () => {
  const { start, tries, taught, log } = setup([noMemory, 'done']);
  expect(await start()).toBe('done');
  expect(tries).toEqual([USUAL, LEAN]);
  expect(taught).toEqual(['cudaMalloc failed']);
  expect(log.find('job.retried-lean')).toMatchObject({ level: 'warn', fields: { engine: 'sd-cpp', ...SHORTAGE } });
});

test('a second shortage fails the job for another worker, with the numbers', async () => {
  const { start, tries } = setup([noMemory, noMemory, 'too late']);
  expect(await failureOf(start())).toMatchObject({
    code: 'engine.out-of-memory',
    retryable: true,
    message: 'cudaMalloc failed; 5.2 of 24.0 GiB free on RTX 4090 did not suffice, and neither did a retry with less',
    fields: SHORTAGE,
  });
  expect(tries).toHaveLength(2);
});

test('an engine that cannot run lean gets no retry but learns', async () => {
  const { start, tries, taught } = setup([noMemory, 'too late'], { canRunLean: false });
  expect(await failureOf(start())).toMatchObject({ code: 'engine.out-of-memory', fields: SHORTAGE });
  expect([tries.length, taught.length]).toEqual([1, 1]);
});

test('any other failure of either attempt is passed on unchanged', async () => {
  const broken = new WorkerError('engine.crashed', 'gone');
  const first = setup([broken, 'too late']);
  expect(await failureOf(first.start())).toBe(broken);
  expect(first.tries).toHaveLength(1);
  expect(await failureOf(setup([noMemory, broken]).start())).toBe(broken);
});

test('a job that was cancelled as memory ran out is not tried again', async () => {
  const { start, abort, tries, taught } = setup([noMemory, 'too late']);
  abort.abort();
  expect(await failureOf(start())).toBe(noMemory);
  expect([tries.length, taught.length]).toEqual([1, 0]);
});
