import { expect, test } from 'bun:test';
import { diskRates, hashRate } from '../../../src/doctor/machine-rates.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';

const MIB = 2 ** 20;

test('hashing is rated in the bytes that went through the digest', async () => {
  const clock = new FakeClock();
  let hashed = 0;
  const startSha256 = () => ({
    add: (bytes: Uint8Array) => {
      hashed += bytes.byteLength;
      clock.advance(500);
    },
    hex: () => '',
  });
  expect(await hashRate(startSha256, clock)).toMatchObject({ rate: 128, unit: 'MiB/s' });
  expect(hashed).toBe(3 * 64 * MIB); // the first one warms up
});

test('a disk is rated by what it writes and what it gives back', async () => {
  const clock = new FakeClock();
  const disk = new MemoryFiles();
  const files = {
    async writeDurable(path: string, parts: readonly Uint8Array[]) {
      await disk.writeDurable(path, parts);
      clock.advance(1000);
    },
    async *openRead(path: string) {
      yield* disk.openRead(path);
      clock.advance(250);
    },
  };
  const rates = await Array.fromAsync(diskRates('/scratch', { clock, files }));
  expect(rates).toMatchObject([
    { id: 'bench.write', rate: 64 },
    { id: 'bench.read', rate: 256 },
  ]);
});
