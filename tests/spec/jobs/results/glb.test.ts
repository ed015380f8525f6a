import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { bad, GOOD } from '../../../../src/jobs/results/check-finding.ts';
import { checkGlb } from '../../../../src/jobs/results/glb.ts';

const JSON_TEXT = '{"asset":{"version":"2.0"}} ';

/** A GLB with one chunk, changed as a test wants it. */
function glb({ magic = 'glTF', version = 2, length = 20 + JSON_TEXT.length, chunk = 'JSON', chunkLength = 28 } = {}) {
  const bytes = Buffer.alloc(20 + JSON_TEXT.length);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(version, 4);
  bytes.writeUInt32LE(length, 8);
  bytes.writeUInt32LE(chunkLength, 12);
  bytes.write(chunk, 16, 'latin1');
  bytes.write(JSON_TEXT, 20);
  return new Uint8Array(bytes);
}

test('a GLB of version two with its JSON first is good', () => {
  expect(checkGlb(glb())).toEqual(GOOD);
});

test.each([
  ['another magic', glb({ magic: 'glTf' }), 'the mesh is not a GLB file'],
  ['nineteen bytes', glb().subarray(0, 19), 'the mesh is not a GLB file'],
  ['version one', glb({ version: 1 }), 'the GLB has version 1 instead of 2'],
  ['a length that is too small', glb({ length: 47 }), 'the GLB declares 47 bytes and has 48'],
  ['a missing end', glb().subarray(0, 40), 'the GLB declares 48 bytes and has 40'],
  ['its binary chunk first', glb({ chunk: 'BIN\0' }), 'the first chunk of the GLB is not its JSON'],
  ['a chunk beyond its end', glb({ chunkLength: 29 }), 'the GLB is cut off'],
])('a file with %s is rejected with its problem', (_, bytes, problem) => {
  expect(checkGlb(bytes)).toEqual(bad(problem));
});

test('no bytes of any kind make the check fail itself', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void checkGlb(bytes)));
});
