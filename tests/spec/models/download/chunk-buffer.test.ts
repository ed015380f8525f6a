import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ChunkBuffer } from '../../../../src/models/download/chunk-buffer.ts';

test('buffered chunks come out in one piece, in order, and once', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }), (chunks) => {
      const gathered = new ChunkBuffer();
      for (const chunk of chunks) gathered.add(chunk);
      const all = chunks.flatMap((chunk) => [...chunk]);
      expect(gathered.sizeBytes).toBe(all.length);
      expect([...gathered.take()]).toEqual(all);
      expect([gathered.sizeBytes, gathered.take().byteLength]).toEqual([0, 0]);
    }),
  );
});

test('a single chunk is handed on as it is', () => {
  const gathered = new ChunkBuffer();
  const chunk = Uint8Array.of(1, 2, 3);
  gathered.add(chunk);
  expect(gathered.take()).toBe(chunk);
});
