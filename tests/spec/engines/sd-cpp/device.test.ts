import { expect, test } from 'bun:test';
import { createDeviceBook, listedDevice } from '../../../../src/engines/sd-cpp/program/device.ts';
import type { ChildEnd } from '../../../../src/system/process/child.ts';
import { childEnvironment, processVariables } from '../../../../src/system/process/processes.ts';
import { createAskProgram } from '../../../../src/system/process/ask-program.ts';
import type { RunProgram } from '../../../../src/system/process/programs.ts';
import { someGpuAccess } from '../../../fakes/engines/gpu-access.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';
import { type DeviceKind, READY } from '../../../../src/engines/readiness.ts';

test.each<[string, DeviceKind | undefined]>([
  ['Vulkan0\tRTX 4090\nCPU\tRyzen 9', 'vulkan'],
  ['CPU\tRyzen 9\nCUDA0\tRTX 4090', 'cuda'],
  ['ROCm0\tRX 7900\nCPU\tRyzen 9', 'rocm'],
  ['Metal\tApple M4', 'metal'],
  ['CPU\tRyzen 9\n', 'cpu'],
  ['', undefined],
  ['usage: sd-cli [options]', undefined],
])('a program that lists %j computes on %p', (list, device) => {
  expect(listedDevice(list)).toBe(device);
});

test('loading a model reveals which device its program runs on', async () => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await scene.engine.readiness()).toEqual(READY);
  await using model = await scene.engine.load(scene.files, scene.abort.signal, USUAL);
  expect(model.ranOn).toBe('vulkan');
  expect(await scene.engine.readiness()).toEqual({ ready: true, where: { on: 'vulkan' } });
});

test('a program without a GPU reports the CPU and a hint', async () => {
  const childEnv = childEnvironment(processVariables(), { SD_CLI_DEVICES: 'CPU\tRyzen 9' });
  await using scene = sdCppScene({ childEnv });
  await scene.install();
  await using model = await scene.engine.load(scene.files, scene.abort.signal, USUAL);
  expect(model.ranOn).toBe('cpu'); // until it says itself what it uses
  expect(await scene.engine.readiness()).toMatchObject({
    where: { on: 'cpu', whyNotGpu: { because: '`sd-cli --list-devices` names no GPU', hint: expect.any(String) } },
  });
});

/** A program that has been asked, and that answers or ends when the test says so. */
function asking() {
  const clock = new FakeClock();
  const started: { readonly answer: (list: string) => void }[] = [];
  const run: RunProgram = (_command, { onOutput }) => {
    const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
    const answer = (list: string): void => {
      onOutput(list);
      resolve({ is: 'exited', code: 0 });
    };
    started.push({ answer });
    return { pid: started.length, ended, killGroup: (signal) => resolve({ is: 'killed', signal }) };
  };
  const book = createDeviceBook({
    files: { stat: () => Promise.resolve(undefined) },
    environment: { platform: 'linux' },
    childEnv: childEnvironment({}),
    gpuAccess: someGpuAccess(),
    ask: createAskProgram(run, clock),
  });
  return { book, clock, started };
}

test('a program that timed out is asked again on the next load', async () => {
  const { book, clock, started } = asking();
  const { signal } = new AbortController();
  const silent = book.deviceOf('/bin/sd-cli', { device: undefined, signal });
  await settle();
  clock.advance(10_000);
  expect([await silent, book.last]).toEqual([undefined, undefined]);
  const asked = book.deviceOf('/bin/sd-cli', { device: undefined, signal });
  await settle();
  started[1]?.answer('Vulkan0\tRTX 4090');
  expect([await asked, book.last]).toEqual(['vulkan', 'vulkan']);
  expect([await book.deviceOf('/bin/sd-cli', { device: undefined, signal }), started.length, clock.armed]).toEqual([
    'vulkan',
    2,
    0,
  ]);
});

test('a cancelled job does not wait for the list of devices', async () => {
  const { book, clock } = asking();
  const abort = new AbortController();
  const asked = book.deviceOf('/bin/sd-cli', { device: undefined, signal: abort.signal });
  await settle();
  const reason = new Error('cancelled');
  abort.abort(reason);
  expect(await failureOf(asked)).toBe(reason);
  expect(clock.armed).toBe(0);
});
