import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { ChunkBuffer } from '../../../../src/models/download/chunk-buffer.ts';

test('buffered chunks come out in order, as they came, and once', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }), (chunks) => {
      const gathered = new ChunkBuffer();
      for (const chunk of chunks) gathered.add(chunk);
      const all = chunks.flatMap((chunk) => [...chunk]);
      expect(gathered.sizeBytes).toBe(all.length);
      expect(gathered.take()).toEqual(chunks);
      expect([gathered.sizeBytes, gathered.take().length]).toEqual([0, 0]);
    }),
  );
});
