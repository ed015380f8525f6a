import { expect, test } from 'bun:test';
import { createMemoryGate, unfitReason } from '../../../../src/worker/rules/memory-gate.ts';
import { anOffer, synthetic } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';

const GIB = 1024 ** 3;

/** What a worker on the CPU says of an offer with files of these sizes, on a machine with this much memory. */
function reasonFor(filesGb: readonly (number | undefined)[], memoryGb: number): string | undefined {
  const engine = new ScriptedEngine();
  engine.memory = 'none';
  const ram = { totalBytes: memoryGb * GIB, freeBytes: 0 };
  const gate = createMemoryGate({
    engines: [engine],
    watch: { latest: { gpus: [], ram, reasons: [] }, refresh: () => Promise.reject(new Error('nobody is asked')) },
    peaks: { find: () => undefined, learn: () => {}, learnShortage: () => {} },
    loaded: () => [],
    clock: new FakeClock(),
  });
  const files = filesGb.map((gb, at) => ({
    role: 'model' as const,
    url: `https://models.example/${at}`,
    filename: `${at}.gguf`,
    approxBytes: gb === undefined ? undefined : BigInt(gb * GIB),
    sha256: undefined,
  }));
  return unfitReason(gate.verdict(anOffer({ modelSource: { ...synthetic, files } })));
}

test('weights larger than the memory of the machine are turned down with the numbers', () => {
  expect(reasonFor([20, 13], 32)).toBe(
    '33.0 GiB of memory needed by the estimate and 3.2 GiB kept free, 32.0 of 32.0 GiB are free on this machine',
  );
});

test('what others have of the memory now turns nothing down, and neither does an unknown size', () => {
  expect(reasonFor([20], 32)).toBeUndefined();
  expect(reasonFor([undefined], 32)).toBeUndefined();
  expect(reasonFor([20], 0)).toBeUndefined();
});
