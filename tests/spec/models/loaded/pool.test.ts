import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { WorkerError } from '../../../../src/base/errors.ts';
import { HOUR_MS } from '../../../../src/base/units.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import { type MemoryKind } from '../../../../src/models/memory/gpu-memory.ts';
import { synthetic } from '../../../fakes/builders.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { KEEP_MS, TOTAL_GB, type FakeModel, poolScene } from '../../../fakes/models/pool-scene.ts';

test('a model is loaded once for jobs within its keep-warm time', async () => {
  const { use, request, clock, log, names } = poolScene();
  for (let job = 0; job < 3; job++) {
    await use(request('fox'));
    clock.advance(KEEP_MS - 1);
  }
  expect(log.names().filter((name) => name === 'model.loaded')).toHaveLength(1);
  clock.advance(1);
  await settle();
  expect(names()).toEqual([]);
  expect(clock.armed).toBe(0);
});

test.each([HOUR_MS, -HOUR_MS])('setting the machine’s clock by %d ms changes no keep-warm time', async (jumpMs) => {
  const { use, request, pool, clock, names } = poolScene();
  await use(request('fox'));
  clock.advance(KEEP_MS / 2);
  clock.jumpWallClock(jumpMs);
  pool.keepMsChanged();
  expect(pool.list()).toMatchObject([{ unloadsAt: clock.now() + KEEP_MS / 2 }]);
  clock.advance(KEEP_MS / 2 - 1);
  await settle();
  expect(names()).toEqual(['fox']);
  clock.advance(1);
  await settle();
  expect(names()).toEqual([]);
});

test('a model is listed with its size, last use and unload time', async () => {
  const { use, request, pool, clock } = poolScene();
  await use(request('fox', 6));
  expect(pool.list()).toEqual([
    {
      engine: 'onnx',
      model: toModelId('fox'),
      state: 'idle',
      pid: 1,
      since: clock.now(),
      lastUsedAt: clock.now(),
      gb: 6,
      unloadsAt: clock.now() + KEEP_MS,
    },
  ]);
  expect(pool.residents()).toEqual([{ model: toModelId('fox'), source: synthetic, gb: 6, lastUsedAt: clock.now() }]);
});

test('the size of a model is measured rather than estimated', async () => {
  const { use, request, pool, hold } = poolScene();
  await use(request('fox', 12, { load: () => Promise.resolve(hold('fox', 5)) }));
  expect(pool.shares('gpu')).toMatchObject([{ gb: 5, inUse: false }]);
  expect(pool.shares('ram')).toEqual([]);
});

test('in the memory of the machine the process itself is measured', async () => {
  const { use, request, pool, hold } = poolScene('ram');
  await use(request('fox', 12, { load: () => Promise.resolve(hold('fox', 5)) }));
  expect(pool.shares('ram')).toMatchObject([{ gb: 5 }]);
});

test('models are evicted least recently used first, and no more than needed', async () => {
  const { use, request, clock, names, log } = poolScene();
  for (const name of ['fox', 'owl', 'fox']) {
    await use(request(name, 8));
    clock.advance(1_000);
  }
  await use(request('elk', 8));
  expect(names()).toEqual(['elk', 'fox']);
  expect(log.find('model.unloaded')?.fields).toMatchObject({ model: 'owl', because: 'evicted', freedMb: 8 * 1024 });
  expect(log.find('memory.freed')?.fields).toMatchObject({ expectedGb: 8, freedGb: 8, freeGb: 14 });
});

test('setting the machine’s clock back does not change which model is evicted first', async () => {
  const { use, request, clock, names } = poolScene();
  await use(request('fox', 8));
  clock.advance(1_000);
  clock.jumpWallClock(-HOUR_MS);
  await use(request('owl', 8));
  await use(request('elk', 8));
  expect(names()).toEqual(['elk', 'owl']);
});

test('memory that a driver keeps does not count, and more is evicted', async () => {
  const { use, request, machine, names, log, clock } = poolScene();
  await use(request('fox', 8));
  clock.advance(1_000);
  await use(request('owl', 8));
  machine.givesBack = false;
  const using = use(request('elk', 8));
  await clock.advanceAsync(2_500);
  machine.givesBack = true;
  await clock.advanceAsync(3_500);
  expect(await using).toBe('elk');
  expect(log.find('memory.not-freed')).toMatchObject({ level: 'warn', fields: { expectedGb: 8, freedGb: 0 } });
  expect(names()).toEqual(['elk']);
});

test('a model that does not fit is loaded all the same, and logged', async () => {
  const { use, request, machine, log } = poolScene();
  machine.otherGb = 20;
  expect(await use(request('fox', 8))).toBe('fox');
  expect(log.find('memory.short')?.fields).toEqual({ needGb: 8, freeGb: 4, marginGb: 1 });
});

test('a preload is taken over by the job that comes while it loads', async () => {
  const { pool, request, hold, signal, log } = poolScene();
  const loading = Promise.withResolvers<FakeModel>();
  const lane = request('fox', 1, { load: () => loading.promise });
  const preloaded = pool.preload(lane, 0, signal);
  await settle();
  const lent = pool.withModel(lane, signal, ({ name }) => Promise.resolve(name));
  await settle();
  loading.resolve(hold('fox', 1));
  expect([await preloaded, await lent]).toEqual([true, 'fox']);
  expect(log.names().filter((name) => name === 'model.loaded')).toHaveLength(1);
});

test('a preload never evicts other models', async () => {
  const { pool, request, use, names, signal } = poolScene();
  await use(request('fox', 16));
  expect(await pool.preload(request('owl', 16), 0, signal)).toBe(false);
  expect(names()).toEqual(['fox']);
});

test('idle models are evicted oldest first when other programs need their memory', async () => {
  const { use, request, machine, clock, names } = poolScene();
  await use(request('fox', 6));
  clock.advance(1_000);
  await use(request('owl', 6));
  machine.otherGb = 11.5;
  await clock.advanceAsync(30_000);
  expect(names()).toEqual(['owl']);
});

test.each<MemoryKind>(['gpu', 'ram'])('no jobs take more %s memory than there is, or keep any', async (kind) => {
  const job = fc.record({
    name: fc.constantFrom('fox', 'owl', 'elk', 'cat'),
    waitMs: fc.nat(KEEP_MS),
    fails: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 15 }), fc.integer({ min: 1, max: 20 }), async (jobs, gb) => {
      const { pool, request, signal, inMemory, clock } = poolScene(kind);
      for (const { name, waitMs, fails } of jobs) {
        const outcome = fails ? () => Promise.reject(new WorkerError('engine.failed', 'no')) : () => Promise.resolve(1);
        const lent = pool.withModel(request(name, gb), signal, outcome).catch(() => {});
        await settle();
        await lent;
        const takenGb = [...inMemory.values()].reduce((sum, one) => sum + one, 0);
        expect(takenGb).toBeLessThanOrEqual(TOTAL_GB - 2);
        expect(pool.list().length).toBe(inMemory.size);
        await clock.advanceAsync(waitMs);
      }
      await clock.advanceAsync(KEEP_MS);
      expect([inMemory.size, pool.list(), clock.armed]).toEqual([0, [], 0]);
    }),
    { numRuns: 30 },
  );
});
