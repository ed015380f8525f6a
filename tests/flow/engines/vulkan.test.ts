import { expect, setDefaultTimeout } from 'bun:test';
import { askVulkan } from '../../../src/compose/engines/vulkan.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createAskProgram } from '../../../src/system/process/ask-program.ts';
import { childEnvironment, processVariables } from '../../../src/system/process/processes.ts';
import { runProgram } from '../../../src/system/process/programs.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../needs.ts';

/** Children of this program load a library, on a busy machine. */
setDefaultTimeout(30_000);

/** This program, on a machine whose loader of Vulkan is the stand-in, in one of its modes. */
async function setup(mode = '') {
  const folder = await tempFolder();
  const source = `${import.meta.dir}/../../fixtures/machine/vulkan.c`;
  const built = Bun.spawnSync(['cc', '-shared', '-fPIC', '-o', folder.at('libvulkan.so.1'), source]);
  expect(built.stderr.toString()).toBe('');
  const env = childEnvironment(processVariables(), { LD_LIBRARY_PATH: folder.path, VULKAN_STAND_IN: mode });
  const list = askVulkan(createAskProgram(runProgram, systemClock), env);
  return { list, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const withCompiler = needs(LINUX, 'cc');

withCompiler('devices of Vulkan are listed in its order, with what tells them apart', async () => {
  await using at = await setup();
  const gpus = [0, 1, 2, 3].map((index) => ({
    index,
    name: 'NVIDIA GeForce RTX 4090',
    uuid: `${index}`.repeat(32),
    pciSlot: `0000:2${index + 1}:00.0`,
  }));
  const cpu = { index: 4, name: 'llvmpipe (LLVM 15.0.6, 256 bits)', uuid: '4'.repeat(32), pciSlot: undefined };
  expect(await at.list()).toEqual([...gpus, cpu]);
});

withCompiler('a machine without a driver for Vulkan has none of its devices', async () => {
  await using at = await setup('no driver');
  expect(await at.list()).toEqual([]);
});

withCompiler('a driver that crashes leaves it unknown what Vulkan lists', async () => {
  await using at = await setup('crash');
  expect([await at.list(), await at.list()]).toEqual([undefined, undefined]);
});
