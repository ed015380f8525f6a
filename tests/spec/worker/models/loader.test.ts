import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { GIB } from '../../../../src/base/units.ts';
import type { HeldFiles } from '../../../../src/jobs/run-deps.ts';
import type { MemoryReport } from '../../../../src/system/machine/gpus.ts';
import { createModelLoader, type RecipeOnDisk } from '../../../../src/worker/models/loader.ts';
import { aJob, synthetic } from '../../../fakes/builders.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';
import { LEAN, USUAL } from '../../../fakes/engines/loading.ts';

/** Lanes of a machine with one model file of ten GiB; who is asked about a GPU says that it fits. */
function setup(about: { readonly memory?: 'gpu' | 'none'; readonly hasGpu?: boolean } = {}) {
  const engine = new ScriptedEngine();
  engine.memory = about.memory ?? 'none';
  const file = { sizeBytes: 10 * GIB, modifiedAt: 1, isFolder: false, isFile: true };
  const held = { now: 0 };
  const asked: unknown[] = [];
  const loader = createModelLoader({
    pool: { withModel: () => Promise.reject(new Error('no job runs here')) },
    admission: {
      verdictOn: (offer, moment) => {
        asked.push([offer.vramGbEstimate, moment.minGb]);
        return { is: 'unknown', because: 'asked' };
      },
      hostVerdictOn: (_source, { loaded }) => ({ is: 'unknown', because: `${loaded.length} in RAM` }),
    },
    files: { stat: () => Promise.resolve({ ...file }) },
    hasGpu: () => about.hasGpu ?? true,
  });
  const files: HeldFiles = {
    model: toModelId('fox'),
    paths: new Map([['model', '/models/fox.bin']]),
    loras: [],
    defaults: synthetic.cliDefaults,
    hold: () => {
      held.now += 1;
      return Promise.resolve({
        [Symbol.asyncDispose]: () => {
          held.now -= 1;
          return Promise.resolve();
        },
      });
    },
  };
  const lane = (overrides: Partial<RecipeOnDisk> = {}) =>
    loader.requestFor({ engine, files, how: USUAL, job: aJob(), ...overrides });
  return { engine, file, files, lane, held, asked };
}

const machine = (freeGb: number): MemoryReport => ({
  gpus: [],
  ram: { totalBytes: 32 * GIB, freeBytes: freeGb * GIB },
  reasons: [],
});

test('the same files, defaults and way to load are the same model', async () => {
  const { lane } = setup();
  expect((await lane()).key).toBe((await lane()).key);
  expect((await lane({ how: { lean: false, mayFetch: false, device: undefined } })).key).toBe((await lane()).key);
});

test('another size, time, place, default or way to load makes it another model', async () => {
  const { lane, file, files } = setup();
  const keys = [(await lane()).key];
  keys.push((await lane({ how: LEAN })).key);
  keys.push((await lane({ files: { ...files, defaults: { ...files.defaults, steps: 9 } } })).key);
  keys.push((await lane({ files: { ...files, paths: new Map([['model', '/elsewhere/fox.bin']]), loras: [] } })).key);
  keys.push((await lane({ files: { ...files, loras: ['/models/style.gguf'] } })).key);
  file.modifiedAt = 2;
  keys.push((await lane()).key);
  file.sizeBytes += 1;
  keys.push((await lane()).key);
  expect(new Set(keys).size).toBe(keys.length);
});

test('a model on the CPU needs its weights and a fifth in RAM', async () => {
  const { lane } = setup();
  const { gb, kind, fits } = await lane();
  expect([gb, kind]).toEqual([12, 'ram']);
  expect(fits(machine(15.2), []).is).toBe('fits');
  expect(fits(machine(15.1), [])).toMatchObject({ is: 'does-not-fit', needGb: 12, marginGb: 3.2 });
});

test('admission alone decides whether weights fit the GPU', async () => {
  const { lane, asked } = setup({ memory: 'gpu' });
  const { kind, fits, gb } = await lane({ job: aJob({ vramGbEstimate: 7 }) });
  expect([kind, gb, fits(machine(1), []).is]).toEqual(['gpu', 7, 'unknown']);
  expect(asked).toEqual([[7, 12]]);
});

test('without a GPU its engines’ models need main memory', async () => {
  const { lane } = setup({ memory: 'gpu', hasGpu: false });
  expect((await lane()).kind).toBe('ram');
});

test('a loaded model holds its files; a failed load frees them', async () => {
  const { lane, held, engine } = setup();
  const { signal } = new AbortController();
  const model = await (await lane()).load(signal);
  expect([held.now, engine.loaded]).toEqual([1, 1]);
  await model[Symbol.asyncDispose]();
  expect([held.now, engine.loaded]).toEqual([0, 0]);
  engine.load = () => Promise.reject(new Error('no'));
  const { load } = await lane();
  await load(signal).catch(() => {});
  expect(held.now).toBe(0);
});

test('a GPU model that offloads its weights needs main memory too', async () => {
  const { lane } = setup({ memory: 'gpu' });
  expect((await lane()).host).toBeUndefined();
  const url = 'https://models.example/fox';
  const file = { role: 'model', url, filename: 'fox.bin', approxBytes: BigInt(6 * GIB), sha256: undefined } as const;
  const cliDefaults = { ...synthetic.cliDefaults, offloadToCpu: true };
  const { host } = await lane({ job: aJob({ modelSource: { ...synthetic, files: [file], cliDefaults } }) });
  expect(host?.gb).toBe(6);
  expect(host?.fits(machine(8), [])).toEqual({ is: 'unknown', because: '0 in RAM' });
});
