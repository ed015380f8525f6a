import { crc32 } from '../../disk/digest.ts';
import type { Pixmap } from './icons.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A pixmap as a PNG file: 8 bits each of red, green, blue and opacity, no row filtered (W3C PNG, 11.2). */
export function pngOf({ size, argb }: Pixmap): Uint8Array {
  const { deflateSync } = process.getBuiltinModule('node:zlib'); // takes longer to load than most of a start
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let pixel = 0; pixel < size * size; pixel++) {
    const [opacity = 0, red = 0, green = 0, blue = 0] = argb.subarray(pixel * 4, pixel * 4 + 4);
    const row = Math.floor(pixel / size);
    rows.set([red, green, blue, opacity], row + 1 + pixel * 4);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, check]);
}
