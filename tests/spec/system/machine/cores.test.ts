import { expect, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { usableCores } from '../../../../src/system/machine/cores.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

/** A machine whose processors share cores like this, by the kernel's lists. */
async function machineOf(siblings: readonly string[]) {
  const folder = await tempFolder();
  for (const [index, list] of siblings.entries()) {
    const topology = folder.at(`sys/devices/system/cpu/cpu${index}/topology`);
    await mkdir(topology, { recursive: true });
    await writeFile(`${topology}/thread_siblings_list`, `${list}\n`);
  }
  await mkdir(folder.at('sys/devices/system/cpu/cpufreq'), { recursive: true });
  return folder;
}

test.each([
  ['four processors on two cores', ['0,2', '1,3', '0,2', '1,3'], 4, 2],
  ['four cores', ['0', '1', '2', '3'], 4, 4],
  ['four cores of which two may be used', ['0', '1', '2', '3'], 2, 2],
  ['a kernel that says nothing', [], 6, 6],
] as const)('%s count as the cores that work side by side', async (_what, siblings, usable, cores) => {
  await using folder = await machineOf(siblings);
  expect(usableCores({ root: folder.path, usable })).toBe(cores);
});

test('this machine has a core, and not more than processors', () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1);
  expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
});
