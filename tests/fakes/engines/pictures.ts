import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { RawImage } from '../../../src/system/native/images.ts';

type Taken = 'jpeg' | 'png' | 'webp' | 'tiff';

/** How the rows of an upright picture are stored by a camera that was held in each way (Exif 2.32 §4.6.5). */
const STORED: Readonly<Record<number, { readonly turn: 0 | 90 | 180 | 270; readonly flop: boolean }>> = {
  2: { turn: 0, flop: true },
  3: { turn: 180, flop: false },
  4: { turn: 180, flop: true },
  5: { turn: 270, flop: true },
  6: { turn: 270, flop: false },
  7: { turn: 90, flop: true },
  8: { turn: 90, flop: false },
};

/** The file of a picture that is seen as `upright` and stored otherwise. */
export async function takenWith(
  { pixels, width, height, channels }: RawImage,
  orientation: number,
  format: Taken,
): Promise<Uint8Array> {
  const { turn, flop } = STORED[orientation] ?? { turn: 0, flop: false };
  const raw = { raw: { width, height, channels } };
  const flopped = await sharp(pixels, raw).flop(flop).toBuffer();
  const stored = sharp(flopped, raw).rotate(turn).withMetadata({ orientation });
  switch (format) {
    case 'jpeg':
      return await stored.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    case 'tiff':
      return await stored.tiff({ compression: 'lzw' }).toBuffer();
    case 'webp':
      return await stored.webp({ lossless: true }).toBuffer();
    case 'png':
      return await stored.png().toBuffer();
    default:
      return format satisfies never;
  }
}

/** A PNG of this size as far as its header goes: whoever decodes it finds nothing. */
export function headerOfPng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(17);
  header.write('IHDR', 'latin1');
  header.writeUInt32BE(width, 4);
  header.writeUInt32BE(height, 8);
  header.set([8, 2], 12); // eight bits of each of three colours
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'), chunk(header), chunk(Buffer.from('IDAT'))]);
}

function chunk(named: Uint8Array): Buffer {
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(named.length - 4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
