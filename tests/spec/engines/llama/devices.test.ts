import { expect, test } from 'bun:test';
import type { GpuDevice } from '../../../../src/base/gpu-device.ts';
import { WorkerError } from '../../../../src/base/errors.ts';
import { createDevices } from '../../../../src/engines/llama/devices.ts';
import type { GpuPack } from '../../../../src/compose/engines/packs.ts';
import type { DeviceKind, GpuKind } from '../../../../src/engines/readiness.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const aPack = (flavour: GpuKind, library: string, sha256 = 'ab'.repeat(32)): GpuPack => ({
  name: flavour,
  payload: 'llama',
  flavour,
  file: `${flavour}.tar.zst`,
  sha256,
  sizeBytes: 71_000_000,
  unpackedBytes: 80_000_000,
  needs: { library, function: 'f' },
});
const cuda = aPack('cuda', 'libcuda.so.1');
const vulkan = aPack('vulkan', 'libvulkan.so.1');
const NVIDIA = { vendor: 'nvidia', name: 'RTX 4090' };
const AMD = { vendor: 'amd', name: 'RX 7900' };

/** A machine with one NVIDIA GPU and both drivers, whose packs can be fetched. */
function setup(
  about: {
    packs?: readonly GpuPack[];
    gpus?: readonly (typeof NVIDIA)[];
    libraries?: readonly string[];
    here?: readonly GpuPack[];
    builtIn?: GpuKind;
    answer?: Promise<readonly (typeof NVIDIA)[]>;
  } = {},
) {
  const { packs = [cuda, vulkan], gpus = [NVIDIA], libraries = ['libcuda.so.1', 'libvulkan.so.1'], here = [] } = about;
  const clock = new FakeClock();
  const log = recordingLogger();
  const fetched: string[] = [];
  const packStore = { failure: undefined as Error | undefined };
  const devices = createDevices<GpuPack>({
    packs,
    builtIn: about.builtIn,
    packStore: {
      find: (pack) => (here.includes(pack) ? `/cache/${pack.flavour}` : undefined),
      pull: async ({ flavour }) => {
        fetched.push(flavour);
        if (packStore.failure !== undefined) throw packStore.failure;
        return `/cache/${flavour}`;
      },
    },
    hasLibrary: (name) => Promise.resolve(libraries.includes(name)),
    gpus: () => about.answer ?? Promise.resolve(gpus),
    clock,
    log,
  });
  const { signal } = new AbortController();
  return {
    devices,
    clock,
    log,
    fetched,
    packStore,
    prepare: (device?: GpuDevice) => devices.prepare(signal, { mayFetch: true, device }),
  };
}

test.each<[string, Parameters<typeof setup>[0], DeviceKind]>([
  ['the GPU of NVIDIA with its driver', {}, 'cuda'],
  ['the GPU of NVIDIA without its driver', { libraries: ['libvulkan.so.1'] }, 'vulkan'],
  ['a GPU of AMD', { gpus: [AMD] }, 'vulkan'],
  ['no GPU', { gpus: [] }, 'cpu'],
  ['a Mac', { builtIn: 'metal', packs: [] }, 'metal'],
  [
    'a GPU and a pack that is here already',
    { here: [vulkan], packs: [aPack('cuda', 'libcuda.so.1', ''), vulkan] },
    'vulkan',
  ],
])('a machine with %s runs on what fits best', async (_what, about, on) => {
  const { devices, fetched } = setup(about);
  expect((await devices.where())?.on).toBe(on);
  expect(fetched).toEqual([]);
});

test('a system that no release has packs for knows only the processor', async () => {
  const { devices, prepare } = setup({ packs: [] });
  expect([await devices.where(), await prepare()]).toEqual([undefined, undefined]);
});

test('a GPU without any driver is said with what to install', async () => {
  const { devices, prepare } = setup({ libraries: [] });
  expect(await devices.where()).toMatchObject({
    on: 'cpu',
    whyNotGpu: { because: 'there is no libcuda.so.1 and no libvulkan.so.1', hint: expect.stringContaining('driver') },
  });
  expect(await prepare()).toBeUndefined();
});

test('packs without a digest are said and never fetched', async () => {
  const { devices, prepare, fetched } = setup({ packs: [aPack('cuda', 'libcuda.so.1', '')] });
  expect(await devices.where()).toMatchObject({
    whyNotGpu: { because: 'this release has no checksum for its pack cuda' },
  });
  expect([await prepare(), fetched]).toEqual([undefined, []]);
});

test('the first job on a GPU fetches the pack and runs with its folder', async () => {
  const { prepare, fetched } = setup();
  expect(await prepare()).toBe('/cache/cuda');
  expect(fetched).toEqual(['cuda']);
});

test('what is loaded for nobody uses a pack that is here, and fetches none', async () => {
  const { signal } = new AbortController();
  const how = { mayFetch: false, device: undefined };
  const without = setup();
  expect(await failureOf(without.devices.prepare(signal, how))).toMatchObject({ code: 'engine.unavailable' });
  expect(without.fetched).toEqual([]);
  expect(await without.devices.where()).toEqual({ on: 'cuda' }); // the next job fetches it
  expect(await setup({ here: [cuda] }).devices.prepare(signal, how)).toBe('/cache/cuda');
  expect(await setup({ gpus: [] }).devices.prepare(signal, how)).toBeUndefined();
});

test('a pack that fails to download is not retried each job', async () => {
  const { devices, prepare, fetched, packStore, log, clock } = setup();
  packStore.failure = new WorkerError('download.failed', 'nobody there');
  expect([await prepare(), await prepare()]).toEqual([undefined, undefined]);
  expect(fetched).toEqual(['cuda']);
  expect(log.find('pack.not-fetched')).toMatchObject({
    level: 'warn',
    fields: { pack: 'cuda', error: 'nobody there' },
  });
  const because = 'the pack cuda could not be fetched: nobody there';
  expect(await devices.where()).toMatchObject({ on: 'cpu', whyNotGpu: { because } });
  clock.advance(600_000);
  packStore.failure = undefined;
  expect([await devices.where(), await prepare()]).toEqual([{ on: 'cuda' }, '/cache/cuda']);
});

test('a model gets the pack for the vendor of its GPU', async () => {
  const { prepare, fetched } = setup({ gpus: [NVIDIA, AMD] });
  expect(await prepare({ vendor: 'amd', name: AMD.name, uuid: undefined, index: 0 })).toBe('/cache/vulkan');
  expect(await prepare({ vendor: 'nvidia', name: NVIDIA.name, uuid: 'GPU-1', index: 0 })).toBe('/cache/cuda');
  expect(fetched).toEqual(['vulkan', 'cuda']);
});

test('a pack that fails to download keeps no other GPU from its own', async () => {
  const { prepare, packStore } = setup({ gpus: [NVIDIA, AMD] });
  packStore.failure = new WorkerError('download.failed', 'nobody there');
  expect(await prepare({ vendor: 'nvidia', name: NVIDIA.name, uuid: 'GPU-1', index: 0 })).toBeUndefined();
  packStore.failure = undefined;
  expect(await prepare({ vendor: 'amd', name: AMD.name, uuid: undefined, index: 0 })).toBe('/cache/vulkan');
});

test('a slow driver delays nobody and counts once it answers', async () => {
  const drivers = Promise.withResolvers<readonly (typeof NVIDIA)[]>();
  const { devices, clock } = setup({ answer: drivers.promise });
  const asked = devices.where();
  await clock.advanceAsync(1_000);
  expect(await asked).toBeUndefined();
  drivers.resolve([NVIDIA]);
  expect(await devices.where()).toEqual({ on: 'cuda' });
  expect(clock.armed).toBe(0);
});
