import { expect, test } from 'bun:test';
import { GIB } from '../../../../src/base/units.ts';
import type { Gpu } from '../../../../src/system/machine/gpu-text.ts';
import type { MemoryReport } from '../../../../src/system/machine/gpus.ts';
import { createMachine } from '../../../../src/system/machine/machine.ts';

const aGpu = (vendor: Gpu['vendor'], totalGb: number): Gpu => ({
  vendor,
  name: `a GPU of ${vendor}`,
  uuid: undefined,
  index: 0,
  pciSlot: undefined,
  totalBytes: totalGb * GIB,
  usedBytes: undefined,
  freeBytes: undefined,
  driver: undefined,
});

/** A machine with these GPUs, and how often they were asked. */
function setup(gpus: readonly Gpu[], reasons: readonly string[] = []) {
  const asked = { times: 0 };
  const probe = (): Promise<MemoryReport> => {
    asked.times++;
    return Promise.resolve({ gpus, ram: { totalBytes: 0, freeBytes: 0 }, reasons });
  };
  return { asked, machine: createMachine({ environment: { hostName: 'box', userName: 'pat' }, gpus: { probe } }) };
}

test('a machine that does not say its name or user gets stand-ins', () => {
  const { gpus } = { gpus: { probe: () => Promise.reject(new Error('nobody asks')) } };
  const machine = createMachine({ environment: { hostName: ' ', userName: '' }, gpus });
  expect([machine.hostName(), machine.userName()]).toEqual(['unknown-host', 'unknown-user']);
});

test('a machine with names gives them', () => {
  const { machine } = setup([]);
  expect([machine.hostName(), machine.userName()]).toEqual(['box', 'pat']);
});

test('the memory of all NVIDIA GPUs is summed without a built-in GPU', async () => {
  const { machine } = setup([aGpu('nvidia', 24), aGpu('nvidia', 8.5), aGpu('amd', 0.5)]);
  expect(await machine.vram()).toEqual({ totalGb: 32.5, reasons: [], silentGpus: 0 });
});

test('without an NVIDIA GPU the memory of every GPU counts', async () => {
  expect(await setup([aGpu('amd', 16), aGpu('other', 8)]).machine.vramTotalGb()).toBe(24);
});

test('a GPU that does not report its memory is counted apart, not lost', async () => {
  expect(await setup([aGpu('nvidia', 0), aGpu('nvidia', 8)]).machine.vram()).toMatchObject({
    totalGb: 8,
    silentGpus: 1,
  });
});

test('a machine without GPUs has none, with the reason of each source', async () => {
  const { machine } = setup([], ['nvidia-smi: not installed']);
  expect(await machine.vram()).toEqual({ totalGb: 0, reasons: ['nvidia-smi: not installed'], silentGpus: 0 });
});

test('the GPUs are asked once however often the total is read', async () => {
  const { machine, asked } = setup([aGpu('amd', 1)]);
  const answers = await Promise.all([machine.vramTotalGb(), machine.vramTotalGb(), machine.vram()]);
  await machine.vramTotalGb();
  expect([...answers.slice(0, 2), asked.times]).toEqual([1, 1, 1]);
});
