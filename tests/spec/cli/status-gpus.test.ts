import { expect, test } from 'bun:test';
import type { GpuStatus } from '../../../src/worker/status.ts';
import { aWorker } from './a-worker.ts';
import { setup as setupCli } from './a-world.ts';

const FIRST: GpuStatus = { id: 'GPU-1', name: 'RTX 4090', label: 'RTX 4090 #0', totalGb: 24, freeGb: 20.25 };
const SECOND: GpuStatus = { id: 'GPU-2', name: 'RTX 4090', label: 'RTX 4090 #1', totalGb: 24 };

/** What `status` prints of a worker with these GPUs. */
async function linesWith(gpus: readonly GpuStatus[]): Promise<readonly string[]> {
  await using cli = await setupCli({ worker: aWorker({ gpus }) });
  expect(await cli.run('status')).toBe(0);
  return cli
    .out()
    .split('\n')
    .filter((line) => line.startsWith('gpu'));
}

test('status lists several GPUs with what is free of each', async () => {
  const lines = await linesWith([FIRST, SECOND]);
  expect(lines.map((line) => line.replace(/\s+/g, ' '))).toEqual([
    'gpu: RTX 4090 #0: 20.3 of 24.0 GiB free',
    'gpu: RTX 4090 #1: 24.0 GiB',
  ]);
});

test('status names what keeps a GPU from use', async () => {
  const [, denied] = await linesWith([FIRST, { ...SECOND, deniedBy: 'deny_gpus' }]);
  expect(denied).toEndWith('RTX 4090 #1: not used, by deny_gpus');
});

test('status says nothing more of the only GPU', async () => {
  expect(await linesWith([FIRST])).toEqual([]);
});
