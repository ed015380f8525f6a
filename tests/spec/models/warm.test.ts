import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { WorkerError } from '../../../src/base/errors.ts';
import { toModelId } from '../../../src/base/ids.ts';
import { GIB } from '../../../src/base/units.ts';
import { fitsMemory } from '../../../src/models/admission.ts';
import type { Holdable } from '../../../src/models/lane.ts';
import { type MemoryKind, placesFor } from '../../../src/models/shares.ts';
import { createWarmModels } from '../../../src/models/warm.ts';
import type { WantedLane } from '../../../src/models/warm-model.ts';
import type { MemoryReport } from '../../../src/system/gpus.ts';
import { synthetic } from '../../fakes/builders.ts';
import { FakeClock, settle } from '../../fakes/fake-clock.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { failureOf } from '../system/temp-folder.ts';

const TOTAL_GB = 24;
const KEEP_MS = 300_000;

/** Something that takes memory until it is disposed of. */
interface Held extends Holdable {
  readonly name: string;
  /** Its process ends by itself. */
  readonly die: () => void;
}

/** Models of a size each, on a GPU or in the memory of a machine that has 24 GB of either. */
function setup(kind: MemoryKind = 'gpu') {
  const clock = new FakeClock();
  const log = recordingLogger();
  const machine = { otherGb: 2, keepMs: KEEP_MS, givesBack: true, lostGb: 0 };
  const inMemory = new Map<Held, number>();
  let serial = 0;
  const report = (): MemoryReport => {
    const usedGb = machine.otherGb + machine.lostGb + [...inMemory.values()].reduce((sum, gb) => sum + gb, 0);
    const bytes = { totalBytes: TOTAL_GB * GIB, usedBytes: usedGb * GIB, freeBytes: (TOTAL_GB - usedGb) * GIB };
    const gpu = { vendor: 'nvidia', name: 'RTX 4090', uuid: 'GPU-1', driver: '580', ...bytes } as const;
    return { gpus: kind === 'gpu' ? [gpu] : [], ram: bytes, reasons: [] };
  };
  const looks = {
    latest: undefined as MemoryReport | undefined,
    refresh: () => Promise.resolve((looks.latest = report())),
    sizeOf: (pid: number) => {
      const [, gb = 0] = [...inMemory].find(([held]) => held.process?.pid === pid) ?? [];
      return Promise.resolve(gb * GIB);
    },
  };
  const onChange = (): void => {};
  const warm = createWarmModels<Held>({ keepMs: () => machine.keepMs, looks, clock, log, onChange });
  const wanted = (name: string, gb = 8, about: Partial<WantedLane<Held>> = {}): WantedLane<Held> => ({
    engine: 'onnx',
    model: toModelId(name),
    source: synthetic,
    key: 'one',
    kind,
    gb,
    fits: (now, loaded) =>
      fitsMemory({ estimateGb: gb, learned: undefined, gpus: placesFor(now, kind), loaded, marginGb: 1 }),
    load: (signal) => {
      signal.throwIfAborted();
      return Promise.resolve(hold(name, gb));
    },
    ...about,
  });
  function hold(name: string, gb: number): Held {
    const ended = Promise.withResolvers<void>();
    const held: Held = {
      name,
      process: { pid: (serial += 1), ended: ended.promise },
      die: () => {
        inMemory.delete(held);
        ended.resolve();
      },
      [Symbol.asyncDispose]: () => {
        if (!machine.givesBack && inMemory.has(held)) machine.lostGb += gb;
        held.die();
        return Promise.resolve();
      },
    };
    inMemory.set(held, gb);
    return held;
  }
  const { signal } = new AbortController();
  /** One job that uses a model and is done with it. */
  const use = async (lane: WantedLane<Held>): Promise<string> => {
    const name = await warm.lend(lane, signal, (held) => Promise.resolve(held.name));
    await settle();
    return name;
  };
  const names = (): readonly string[] => [...inMemory.keys()].map(({ name }) => name).toSorted();
  return { clock, log, machine, warm, wanted, hold, use, names, inMemory, signal };
}

test('a model is loaded once for jobs that follow each other within its time', async () => {
  const { use, wanted, clock, log, names } = setup();
  for (let job = 0; job < 3; job++) {
    await use(wanted('fox'));
    clock.advance(KEEP_MS - 1);
  }
  expect(log.names().filter((name) => name === 'model.loaded')).toHaveLength(1);
  clock.advance(1);
  await settle();
  expect(names()).toEqual([]);
  expect(clock.armed).toBe(0);
});

test('what is in memory is listed with its share, its last use and its end', async () => {
  const { use, wanted, warm, clock } = setup();
  await use(wanted('fox', 6));
  expect(warm.list()).toEqual([
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
  expect(warm.residents()).toEqual([{ model: toModelId('fox'), source: synthetic, gb: 6, lastUsedAt: clock.now() }]);
});

test('the share of a model is what was seen of it rather than what was thought', async () => {
  const { use, wanted, warm, hold } = setup();
  await use(wanted('fox', 12, { load: () => Promise.resolve(hold('fox', 5)) }));
  expect(warm.shares('gpu')).toMatchObject([{ gb: 5, inUse: false }]);
  expect(warm.shares('ram')).toEqual([]);
});

test('in the memory of the machine the process itself is measured', async () => {
  const { use, wanted, warm, hold } = setup('ram');
  await use(wanted('fox', 12, { load: () => Promise.resolve(hold('fox', 5)) }));
  expect(warm.shares('ram')).toMatchObject([{ gb: 5 }]);
});

test('models go least recently used first, and no more of them than must', async () => {
  const { use, wanted, clock, names, log } = setup();
  for (const name of ['fox', 'owl', 'fox']) {
    await use(wanted(name, 8));
    clock.advance(1_000);
  }
  await use(wanted('elk', 8));
  expect(names()).toEqual(['elk', 'fox']);
  expect(log.find('model.unloaded')?.fields).toMatchObject({ model: 'owl', because: 'room', freedMb: 8 * 1024 });
  expect(log.find('memory.freed')?.fields).toMatchObject({ expectedGb: 8, freedGb: 8, freeGb: 14 });
});

test('memory that a driver does not give back is not counted on, and the next model goes too', async () => {
  const { use, wanted, machine, names, log, clock } = setup();
  await use(wanted('fox', 8));
  clock.advance(1_000);
  await use(wanted('owl', 8));
  machine.givesBack = false;
  const using = use(wanted('elk', 8));
  await clock.advanceAsync(2_500);
  machine.givesBack = true;
  await clock.advanceAsync(3_500);
  expect(await using).toBe('elk');
  expect(log.find('memory.not-freed')).toMatchObject({ level: 'warn', fields: { expectedGb: 8, freedGb: 0 } });
  expect(names()).toEqual(['elk']);
});

test('without room even then it is loaded all the same, and the log has the numbers', async () => {
  const { use, wanted, machine, log } = setup();
  machine.otherGb = 20;
  expect(await use(wanted('fox', 8))).toBe('fox');
  expect(log.find('memory.short')?.fields).toEqual({ needGb: 8, freeGb: 4, marginGb: 1 });
});

test.each([
  ['a task at fault', new WorkerError('task.invalid', 'too large'), true],
  ['an input that cannot be fetched', new WorkerError('download.missing', 'nothing there'), true],
  ['memory that ran out', new WorkerError('engine.out-of-memory', 'none left'), false],
  ['one result that nobody wants', new WorkerError('result.rejected', 'grey'), true],
  ['a library that failed', new WorkerError('engine.failed', 'no'), false],
  ['what nobody foresaw', new TypeError('undefined is not a function'), false],
])('after %s the model is kept or freed', async (_what, failure, isKept) => {
  const { warm, wanted, signal, names } = setup();
  expect(await failureOf(warm.lend(wanted('fox'), signal, () => Promise.reject(failure)))).toBe(failure);
  expect(names()).toEqual(isKept ? ['fox'] : []);
});

test('two results in a row that nobody wants put the model in doubt, and it is freed', async () => {
  const { warm, wanted, signal, use, names } = setup();
  const reject = () =>
    failureOf(warm.lend(wanted('fox'), signal, () => Promise.reject(new WorkerError('result.rejected', 'grey'))));
  await reject();
  await use(wanted('fox'));
  await reject();
  expect(names()).toEqual(['fox']);
  await reject();
  expect(names()).toEqual([]);
});

test('a process that ends while its model is idle takes it off the list', async () => {
  const { use, wanted, warm, inMemory, log } = setup();
  await use(wanted('fox'));
  [...inMemory.keys()][0]?.die();
  await settle();
  expect(warm.list()).toEqual([]);
  expect(log.find('model.unloaded')?.fields).toMatchObject({ because: 'broken' });
  expect(await use(wanted('fox'))).toBe('fox');
});

test('a process that ends in the very moment of a use costs no job', async () => {
  const { use, wanted, warm, signal, inMemory } = setup();
  await use(wanted('fox'));
  [...inMemory.keys()][0]?.die(); // nobody has heard of it yet
  const lent = warm.lend(wanted('fox'), signal, ({ name }) => Promise.resolve(name));
  expect(await lent).toBe('fox');
  await settle();
  expect(warm.list()).toEqual([]);
});

test('a process that ends during a use costs the model and not the next job', async () => {
  const { warm, wanted, signal, use, names } = setup();
  const crash = new WorkerError('engine.crashed', 'gone');
  const crashed = warm.lend(wanted('fox'), signal, (held) => {
    held.die();
    return Promise.reject(crash);
  });
  expect(await failureOf(crashed)).toBe(crash);
  expect(names()).toEqual([]);
  expect(await use(wanted('fox'))).toBe('fox');
});

test('another key is another model, and the stale one is freed before the new one loads', async () => {
  const { use, wanted, names, log } = setup();
  await use(wanted('fox', 16));
  await use(wanted('fox', 16, { key: 'two' }));
  expect(names()).toEqual(['fox']);
  expect(log.names().filter((name) => name === 'memory.short')).toEqual([]);
  expect(log.find('model.unloaded')?.fields).toMatchObject({ because: 'replaced' });
});

test('what nobody holds is not kept and not spoken of', async () => {
  const { warm, wanted, signal, hold, log } = setup();
  const load = () => Promise.resolve({ ...hold('fox', 1), process: undefined });
  await warm.lend(wanted('fox', 1, { load }), signal, () => Promise.resolve());
  expect([warm.list(), log.names()]).toEqual([[], []]);
});

test('a use that was given up and never ended is not waited for', async () => {
  const { warm, wanted, signal, use } = setup();
  void warm.lend(wanted('fox', 1), signal, () => new Promise(() => {}));
  await settle();
  expect(await use(wanted('fox', 1))).toBe('fox');
});

test('a use that was given up and never ended loses its model when the worker closes', async () => {
  const { warm, wanted, signal, use, names, clock } = setup();
  void warm.lend(wanted('fox', 1), signal, () => new Promise(() => {}));
  await settle();
  await use(wanted('fox', 1));
  expect(names()).toEqual(['fox', 'fox']);
  const closed = warm.close();
  await clock.advanceAsync(1_000);
  await closed;
  expect([names(), clock.armed]).toEqual([[], 0]);
});

test('an abort while loading gives the load up and leaves nothing', async () => {
  const { warm, wanted } = setup();
  const abort = new AbortController();
  const load = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const lent = warm.lend(wanted('fox', 1, { load }), abort.signal, () => Promise.resolve());
  await settle();
  expect(warm.list()).toMatchObject([{ state: 'loading' }]);
  const reason = new WorkerError('job.cancelled', 'given up');
  abort.abort(reason);
  expect(await failureOf(lent)).toBe(reason);
  expect(warm.list()).toEqual([]);
});

test('what a job loads when all models are to go is loaded, and goes with the job', async () => {
  const { warm, wanted, hold, signal, names } = setup();
  const loading = Promise.withResolvers<Held>();
  const load = async (abort: AbortSignal): Promise<Held> => {
    const held = await loading.promise;
    abort.throwIfAborted();
    return held;
  };
  const lent = warm.lend(wanted('fox', 1, { load }), signal, ({ name }) => Promise.resolve(name));
  await settle();
  const gone = warm.unloadAll('paused');
  loading.resolve(hold('fox', 1));
  expect(await lent).toBe('fox');
  await gone;
  expect(names()).toEqual([]);
});

test('a load that fails is shown as failed until another one is tried', async () => {
  const { warm, wanted, signal, use } = setup();
  const failure = new WorkerError('model.unusable', 'these are no weights');
  const load = () => Promise.reject(failure);
  const lent = warm.lend(wanted('fox', 1, { load }), signal, () => Promise.resolve());
  expect(await failureOf(lent)).toBe(failure);
  expect(warm.list()).toMatchObject([{ model: 'fox', state: 'failed' }]);
  await use(wanted('fox', 1, { key: 'repaired' }));
  expect(warm.list()).toMatchObject([{ model: 'fox', state: 'idle' }]);
});

test('a model loaded for whoever comes is taken over by who comes while it loads', async () => {
  const { warm, wanted, hold, signal, log } = setup();
  const loading = Promise.withResolvers<Held>();
  const lane = wanted('fox', 1, { load: () => loading.promise });
  const warming = warm.warm(lane, 0, signal);
  await settle();
  const lent = warm.lend(lane, signal, ({ name }) => Promise.resolve(name));
  await settle();
  loading.resolve(hold('fox', 1));
  expect([await warming, await lent]).toEqual([true, 'fox']);
  expect(log.names().filter((name) => name === 'model.loaded')).toHaveLength(1);
});

test('a model loaded for whoever comes never makes others go', async () => {
  const { warm, wanted, use, names, signal } = setup();
  await use(wanted('fox', 16));
  expect(await warm.warm(wanted('owl', 16), 0, signal)).toBe(false);
  expect(names()).toEqual(['fox']);
});

test('while idle models take memory that somebody else needs they go, oldest first', async () => {
  const { use, wanted, machine, clock, names } = setup();
  await use(wanted('fox', 6));
  clock.advance(1_000);
  await use(wanted('owl', 6));
  machine.otherGb = 11.5;
  await clock.advanceAsync(30_000);
  expect(names()).toEqual(['owl']);
});

test('closing frees what is idle, what is used and what is being loaded', async () => {
  const { use, wanted, warm, signal, names, clock } = setup();
  await use(wanted('fox', 1));
  void warm.lend(wanted('owl', 1), signal, () => new Promise(() => {}));
  const load = (abort: AbortSignal) =>
    new Promise<never>((_resolve, reject) => abort.addEventListener('abort', () => reject(abort.reason)));
  const lent = failureOf(warm.lend(wanted('elk', 1, { load }), signal, () => Promise.resolve()));
  await settle();
  const closed = warm.close();
  await clock.advanceAsync(1_000);
  await closed;
  await lent;
  expect([names(), clock.armed]).toEqual([[], 0]);
});

test.each<MemoryKind>(['gpu', 'ram'])(
  'whatever jobs come, no more %s memory is taken than there is, and all is given back',
  async (kind) => {
    const job = fc.record({
      name: fc.constantFrom('fox', 'owl', 'elk', 'cat'),
      waitMs: fc.nat(KEEP_MS),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 15 }), fc.integer({ min: 1, max: 20 }), async (jobs, gb) => {
        const { warm, wanted, signal, inMemory, clock } = setup(kind);
        for (const { name, waitMs, fails } of jobs) {
          const outcome = fails
            ? () => Promise.reject(new WorkerError('engine.failed', 'no'))
            : () => Promise.resolve(1);
          const lent = warm.lend(wanted(name, gb), signal, outcome).catch(() => {});
          await settle();
          await lent;
          const takenGb = [...inMemory.values()].reduce((sum, one) => sum + one, 0);
          expect(takenGb).toBeLessThanOrEqual(TOTAL_GB - 2);
          expect(warm.list().length).toBe(inMemory.size);
          await clock.advanceAsync(waitMs);
        }
        await clock.advanceAsync(KEEP_MS);
        expect([inMemory.size, warm.list(), clock.armed]).toEqual([0, [], 0]);
      }),
      { numRuns: 30 },
    );
  },
);
