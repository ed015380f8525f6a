import { expect, test } from 'bun:test';
import { listedDevice } from '../../../../src/engines/sd-cpp/devices.ts';
import { childEnvironment, ourVariables } from '../../../../src/system/processes.ts';
import { sdCppScene } from '../../../fakes/sd-cpp-engine.ts';

test.each([
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

test('a model says what its program computes on, and readiness says it from then on', async () => {
  await using scene = sdCppScene();
  await scene.install();
  expect(await scene.engine.readiness()).toEqual({ ready: true });
  await using model = await scene.engine.load(scene.files, scene.abort.signal);
  expect(model.ranOn).toBe('vulkan');
  expect(await scene.engine.readiness()).toEqual({ ready: true, where: { on: 'vulkan' } });
});

test('a program that finds no GPU says that it runs on the processor and what helps', async () => {
  const childEnv = childEnvironment(ourVariables(), { SD_CLI_DEVICES: 'CPU\tRyzen 9' });
  await using scene = sdCppScene({ childEnv });
  await scene.install();
  await using model = await scene.engine.load(scene.files, scene.abort.signal);
  expect(model.ranOn).toBe('cpu'); // until it says itself what it uses
  expect(await scene.engine.readiness()).toMatchObject({
    where: { on: 'cpu', instead: { because: '`sd-cli --list-devices` names no GPU', hint: expect.any(String) } },
  });
});
