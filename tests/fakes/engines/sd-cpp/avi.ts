/** A chunk of RIFF: its tag, its size, its bytes, padded to an even number. */
const chunk = (tag: string, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.write(tag, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
};
const list = (tag: string, ...parts: readonly Uint8Array[]): Buffer =>
  chunk('LIST', Buffer.concat([Buffer.from(tag, 'latin1'), ...parts]));

/** A Motion JPEG video as stable-diffusion.cpp writes it: headers, frames, and an index at the end. */
export function makeAvi(
  frames: readonly Uint8Array[],
  { width, height, fps }: { readonly width: number; readonly height: number; readonly fps: number },
): Uint8Array {
  const main = Buffer.alloc(56);
  main.writeUInt32LE(Math.round(1_000_000 / fps), 0);
  main.writeUInt32LE(0x10, 12); // it has an index
  main.writeUInt32LE(frames.length, 16);
  main.writeUInt32LE(1, 24);
  main.writeUInt32LE(width, 32);
  main.writeUInt32LE(height, 36);
  const stream = Buffer.alloc(56);
  stream.write('vidsMJPG', 'latin1');
  stream.writeUInt32LE(1, 20);
  stream.writeUInt32LE(fps, 24);
  stream.writeUInt32LE(frames.length, 32);
  const format = Buffer.alloc(40);
  format.writeUInt32LE(40, 0);
  format.writeInt32LE(width, 4);
  format.writeInt32LE(height, 8);
  format.writeUInt16LE(1, 12);
  format.writeUInt16LE(24, 14);
  format.write('MJPG', 16, 'latin1');
  const headers = list('hdrl', chunk('avih', main), list('strl', chunk('strh', stream), chunk('strf', format)));
  const movie = list('movi', ...frames.map((frame) => chunk('00dc', frame)));
  const index = Buffer.concat(frames.map((frame) => indexEntry(frame)));
  return chunk('RIFF', Buffer.concat([Buffer.from('AVI ', 'latin1'), headers, movie, chunk('idx1', index)]));
}

function indexEntry(frame: Uint8Array): Buffer {
  const entry = Buffer.alloc(16);
  entry.write('00dc', 'latin1');
  entry.writeUInt32LE(0x10, 4);
  entry.writeUInt32LE(frame.length, 12);
  return entry;
}
