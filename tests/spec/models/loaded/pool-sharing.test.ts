import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { poolScene } from '../../../fakes/models/pool-scene.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

/** Two jobs on one model, the first of which is done when `finish` is called. */
async function twoUsers(keyOfSecond = 'one') {
  const scene = poolScene();
  const { pool, request, signal } = scene;
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const used = pool.withModel(request('fox'), signal, async () => {
    order.push('first begins');
    await first.promise;
    order.push('first ends');
  });
  const usedNext = pool.withModel(request('fox', 8, { key: keyOfSecond }), signal, () => {
    order.push('second begins');
    return Promise.resolve();
  });
  await settle();
  const finish = async (): Promise<void> => {
    first.resolve();
    await Promise.all([used, usedNext]);
  };
  return { ...scene, order, finish };
}

test.each([
  ['one', 1],
  ['two', 2],
])('of two jobs on one model the second waits for the first (key %s)', async (key, loads) => {
  const { order, finish, names, pool, log } = await twoUsers(key);
  expect(names()).toEqual(['fox']);
  expect(pool.shares('gpu')).toMatchObject([{ inUse: true }]);
  expect(pool.list()).toMatchObject([{ state: 'in use' }]);
  await finish();
  expect(order).toEqual(['first begins', 'first ends', 'second begins']);
  expect(names()).toEqual(['fox']);
  expect(log.names().filter((name) => name === 'model.loaded')).toHaveLength(loads);
});

test('jobs on different models run at the same time', async () => {
  const { finish, use, request } = await twoUsers();
  expect(await use(request('owl', 1))).toBe('owl');
  await finish();
});

test('a job that is cancelled while it waits gives its turn to the next', async () => {
  const { finish, pool, request, use, order } = await twoUsers();
  const abort = new AbortController();
  const cancelled = failureOf(pool.withModel(request('fox'), abort.signal, () => Promise.resolve(order.push('third'))));
  const next = use(request('fox'));
  const reason = new WorkerError('job.cancelled', 'the operator cancelled it');
  abort.abort(reason);
  expect(await cancelled).toBe(reason);
  await finish();
  expect(await next).toBe('fox');
  expect(order).not.toContain('third');
});

test('a job waits for a cancelled one that frees its model in time', async () => {
  const { pool, request, use, names, clock } = poolScene();
  const abort = new AbortController();
  const left = Promise.withResolvers<void>();
  const cancelled = pool.withModel(request('fox'), abort.signal, () => left.promise);
  await settle();
  abort.abort();
  const next = use(request('fox'));
  await clock.advanceAsync(4_999);
  expect(names()).toEqual(['fox']);
  left.resolve();
  await cancelled;
  expect(await next).toBe('fox');
  expect(names()).toEqual(['fox']);
});
