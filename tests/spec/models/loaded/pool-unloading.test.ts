import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { type FakeModel, poolScene } from '../../../fakes/models/pool-scene.ts';

test.each([
  ['a task at fault', new WorkerError('task.invalid', 'too large'), true],
  ['an input that cannot be fetched', new WorkerError('download.missing', 'nothing there'), true],
  ['memory that ran out', new WorkerError('engine.out-of-memory', 'none left'), false],
  ['one rejected result', new WorkerError('result.rejected', 'grey'), true],
  ['one reply that misses its schema', new WorkerError('task.fails-again', 'no JSON'), true],
  ['a library that failed', new WorkerError('engine.failed', 'no'), false],
  ['an unexpected error', new TypeError('undefined is not a function'), false],
])('after %s the model is kept or freed', async (_what, failure, isKept) => {
  const { pool, request, signal, names } = poolScene();
  expect(await failureOf(pool.withModel(request('fox'), signal, () => Promise.reject(failure)))).toBe(failure);
  expect(names()).toEqual(isKept ? ['fox'] : []);
});

test('two rejected results in a row unload the model', async () => {
  const { pool, request, signal, use, names } = poolScene();
  const reject = () =>
    failureOf(pool.withModel(request('fox'), signal, () => Promise.reject(new WorkerError('result.rejected', 'grey'))));
  await reject();
  await use(request('fox'));
  await reject();
  expect(names()).toEqual(['fox']);
  await reject();
  expect(names()).toEqual([]);
});

test('a process that ends while idle takes its model off the list', async () => {
  const { use, request, pool, inMemory, log } = poolScene();
  await use(request('fox'));
  [...inMemory.keys()][0]?.die();
  await settle();
  expect(pool.list()).toEqual([]);
  expect(log.find('model.unloaded')?.fields).toMatchObject({ because: 'broken' });
  expect(await use(request('fox'))).toBe('fox');
});

test('a process that ends just before a use costs no job', async () => {
  const { use, request, pool, signal, inMemory } = poolScene();
  await use(request('fox'));
  [...inMemory.keys()][0]?.die(); // nobody has heard of it yet
  const lent = pool.withModel(request('fox'), signal, ({ name }) => Promise.resolve(name));
  expect(await lent).toBe('fox');
  await settle();
  expect(pool.list()).toEqual([]);
});

test('a process that ends during a use costs no other job', async () => {
  const { pool, request, signal, use, names } = poolScene();
  const crash = new WorkerError('engine.crashed', 'gone');
  const crashed = pool.withModel(request('fox'), signal, (held) => {
    held.die();
    return Promise.reject(crash);
  });
  expect(await failureOf(crashed)).toBe(crash);
  expect(names()).toEqual([]);
  expect(await use(request('fox'))).toBe('fox');
});

test('a model with another key is loaded after the stale one is freed', async () => {
  const { use, request, names, log } = poolScene();
  await use(request('fox', 16));
  await use(request('fox', 16, { key: 'two' }));
  expect(names()).toEqual(['fox']);
  expect(log.names().filter((name) => name === 'memory.short')).toEqual([]);
  expect(log.find('model.unloaded')?.fields).toMatchObject({ because: 'replaced' });
});

test('a model without a process is neither kept nor logged', async () => {
  const { pool, request, signal, hold, log } = poolScene();
  const load = () => Promise.resolve({ ...hold('fox', 1), process: undefined });
  await pool.withModel(request('fox', 1, { load }), signal, () => Promise.resolve());
  expect([pool.list(), log.names()]).toEqual([[], []]);
});

/** A job whose signal aborts while it has the model, and that ignores it. */
async function abandonedUse({ pool, request, clock }: ReturnType<typeof poolScene>): Promise<void> {
  const abort = new AbortController();
  void pool.withModel(request('fox', 1), abort.signal, () => new Promise(() => {}));
  await settle();
  abort.abort();
  await clock.advanceAsync(5_000);
}

test('an aborted use that never ends is not waited for', async () => {
  const scene = poolScene();
  await abandonedUse(scene);
  expect(await scene.use(scene.request('fox', 1))).toBe('fox');
});

test('a model that an abandoned job keeps still counts as memory', async () => {
  const scene = poolScene();
  await abandonedUse(scene);
  await scene.use(scene.request('fox', 1));
  expect(scene.pool.list().map(({ state }) => state)).toEqual(['idle', 'in use']);
  expect(scene.pool.shares('gpu').map(({ inUse }) => inUse)).toEqual([false, true]);
});

test('an abandoned use that never ends loses its model when the worker closes', async () => {
  const scene = poolScene();
  const { pool, names, clock } = scene;
  await abandonedUse(scene);
  await scene.use(scene.request('fox', 1));
  expect(names()).toEqual(['fox', 'fox']);
  const closed = pool.close();
  await clock.advanceAsync(1_000);
  await closed;
  expect([names(), clock.armed]).toEqual([[], 0]);
});

test('an abort while loading aborts the load and leaves nothing', async () => {
  const { pool, request } = poolScene();
  const abort = new AbortController();
  const load = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const lent = pool.withModel(request('fox', 1, { load }), abort.signal, () => Promise.resolve());
  await settle();
  expect(pool.list()).toMatchObject([{ state: 'loading' }]);
  const reason = new WorkerError('job.cancelled', 'given up');
  abort.abort(reason);
  expect(await failureOf(lent)).toBe(reason);
  expect(pool.list()).toEqual([]);
});

test('a job that loads while all models are unloaded keeps its model', async () => {
  const { pool, request, hold, signal, names } = poolScene();
  const loading = Promise.withResolvers<FakeModel>();
  const load = async (abort: AbortSignal): Promise<FakeModel> => {
    const held = await loading.promise;
    abort.throwIfAborted();
    return held;
  };
  const lent = pool.withModel(request('fox', 1, { load }), signal, ({ name }) => Promise.resolve(name));
  await settle();
  const gone = pool.unloadAll('claiming-off');
  loading.resolve(hold('fox', 1));
  expect(await lent).toBe('fox');
  await gone;
  expect(names()).toEqual([]);
});

test('a failed load is listed as failed until the next one', async () => {
  const { pool, request, signal, use } = poolScene();
  const failure = new WorkerError('model.unusable', 'these are no weights');
  const load = () => Promise.reject(failure);
  const lent = pool.withModel(request('fox', 1, { load }), signal, () => Promise.resolve());
  expect(await failureOf(lent)).toBe(failure);
  expect(pool.list()).toMatchObject([{ model: 'fox', state: 'failed' }]);
  await use(request('fox', 1, { key: 'repaired' }));
  expect(pool.list()).toMatchObject([{ model: 'fox', state: 'idle' }]);
});

test('closing frees what is idle, what is used and what is being loaded', async () => {
  const { use, request, pool, signal, names, clock } = poolScene();
  await use(request('fox', 1));
  void pool.withModel(request('owl', 1), signal, () => new Promise(() => {}));
  const load = (abort: AbortSignal) =>
    new Promise<never>((_resolve, reject) => abort.addEventListener('abort', () => reject(abort.reason)));
  const lent = failureOf(pool.withModel(request('elk', 1, { load }), signal, () => Promise.resolve()));
  await settle();
  const closed = pool.close();
  await clock.advanceAsync(1_000);
  await closed;
  await lent;
  expect([names(), clock.armed]).toEqual([[], 0]);
});
