import { expect, test } from 'bun:test';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { gpuAt } from '../../../fakes/models/gpus.ts';
import { poolScene } from '../../../fakes/models/pool-scene.ts';

const [FIRST, SECOND] = [gpuAt(0), gpuAt(1)];

/** A pool on two GPUs of 24 GB each, and the models on each. */
function setup() {
  const scene = poolScene('gpu', [FIRST, SECOND]);
  const on = (gpu: typeof FIRST): readonly string[] =>
    [...scene.inMemory.keys()]
      .filter(({ device }) => device === gpu)
      .map(({ name }) => name)
      .toSorted();
  return { ...scene, on };
}

test('the same model on another GPU is another one in memory', async () => {
  const { use, request, pool, on } = setup();
  await use(request('fox', 8, { device: FIRST }));
  await use(request('fox', 8, { device: SECOND }));
  await use(request('fox', 8, { device: FIRST }));
  expect([on(FIRST), on(SECOND)]).toEqual([['fox'], ['fox']]);
  expect(pool.list().map(({ model, gpu }) => `${model} on ${gpu}`)).toEqual([
    'fox on RTX 4090 #0',
    'fox on RTX 4090 #1',
  ]);
  expect(pool.residents().map(({ gpu }) => gpu)).toEqual(['GPU-0', 'GPU-1']);
});

test('two users of one model on two GPUs run at the same time', async () => {
  const { pool, request, signal } = setup();
  const both = Promise.withResolvers<void>();
  let running = 0;
  const use = async (): Promise<void> => {
    running += 1;
    if (running === 2) both.resolve();
    await both.promise;
  };
  await Promise.all([FIRST, SECOND].map((device) => pool.withModel(request('fox', 8, { device }), signal, use)));
  expect(running).toBe(2);
});

test('a full GPU costs no model on another', async () => {
  const { use, request, on } = setup();
  await use(request('owl', 8, { device: SECOND }));
  await use(request('fox', 14, { device: FIRST }));
  await use(request('elk', 14, { device: FIRST }));
  expect([on(FIRST), on(SECOND)]).toEqual([['elk'], ['owl']]);
});

test('of two copies the one on the GPU that is short is evicted', async () => {
  const { use, request, on } = setup();
  await use(request('fox', 14, { device: SECOND }));
  await use(request('fox', 14, { device: FIRST }));
  await use(request('elk', 14, { device: FIRST }));
  expect([on(FIRST), on(SECOND)]).toEqual([['elk'], ['fox']]);
});

test('a model’s size is what grew on its own GPU', async () => {
  const { pool, request, hold, signal } = setup();
  const load = (device: typeof FIRST, name: string, gb: number) => () => Promise.resolve(hold(name, gb, device));
  await Promise.all([
    pool.withModel(request('fox', 12, { device: FIRST, load: load(FIRST, 'fox', 5) }), signal, () => Promise.resolve()),
    pool.withModel(request('owl', 12, { device: SECOND, load: load(SECOND, 'owl', 9) }), signal, () =>
      Promise.resolve(),
    ),
  ]);
  await settle();
  expect(pool.shares('gpu').map(({ model, gb }) => `${model} ${gb}`)).toEqual(['fox 5', 'owl 9']);
});

test('other programs on one GPU cost its idle models alone', async () => {
  const { use, request, pool, machine, clock, on } = setup();
  await use(request('fox', 8, { device: FIRST }));
  await use(request('owl', 14, { device: SECOND }));
  machine.otherGb = 9.5; // 6.5 GB are left on the first, and 0.5 on the second
  await clock.advanceAsync(30_000);
  await settle();
  expect([on(FIRST), on(SECOND)]).toEqual([['fox'], []]);
  expect(pool.list()).toHaveLength(1);
});

test('a preload gives way to a job on its own GPU alone', async () => {
  const { pool, request, clock, on, signal } = setup();
  expect(await pool.preload(request('fox', 20, { device: FIRST }), clock.now(), signal)).toBe(true);
  expect(await pool.preload(request('owl', 20, { device: FIRST }), clock.now(), signal)).toBe(false);
  const loading = Promise.withResolvers<void>();
  const slow = request('owl', 8, {
    device: SECOND,
    load: async (abort) => {
      abort.addEventListener('abort', () => loading.reject(abort.reason as Error), { once: true });
      await loading.promise;
      throw new Error('it was not to be loaded');
    },
  });
  const preload = pool.preload(slow, clock.now(), signal).catch(() => 'cancelled');
  await settle();
  pool.cancelPreloads({ model: request('elk').model, device: FIRST });
  await settle();
  expect(pool.list().map(({ model, state }) => `${model} ${state}`)).toEqual(['fox idle', 'owl loading']);
  pool.cancelPreloads({ model: request('elk').model, device: SECOND });
  expect(await preload).toBe('cancelled');
  expect([on(FIRST), on(SECOND)]).toEqual([['fox'], []]);
});

test('unloading a model by name unloads it on every GPU', async () => {
  const { use, request, pool, inMemory } = setup();
  await use(request('fox', 8, { device: FIRST }));
  await use(request('fox', 8, { device: SECOND }));
  expect(await pool.unload({ model: request('fox').model }, 'requested')).toBe(2);
  expect(inMemory.size).toBe(0);
});
