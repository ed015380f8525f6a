import { tagAt, dataViewOf } from './binary.ts';

/*
 * Jobs read this format because a video is checked on machines without ffmpeg too, and its header says all that is
 * checked: size, frames and length. This is just enough of ISO/IEC 14496-12 to tell a video from a file that only looks
 * like one: boxes of a size and a name, in which `moov` holds one `trak` per track, and a video track's sample table
 * says how many frames there are.
 */

/** What the header of a video says. */
export interface VideoFacts {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly seconds: number;
}

interface Box {
  readonly name: string;
  readonly body: Uint8Array;
}

/** Whether these bytes begin like an MP4. */
export const isMp4 = (bytes: Uint8Array): boolean => tagAt(bytes, 4) === 'ftyp';

/** Whether it is whole and in fragments, as programs write into a pipe: each fragment then has a table of its own. */
export const isFragmented = (bytes: Uint8Array): boolean =>
  boxesOf(bytes)?.some(({ name }) => name === 'moof') ?? false;

/** What an MP4 says of its video track; undefined when it is cut off or has none. */
export function readMp4(bytes: Uint8Array): VideoFacts | undefined {
  const top = boxesOf(bytes);
  const movie = find(top, 'moov');
  const data = top?.filter(({ name }) => name === 'mdat') ?? [];
  if (movie === undefined || data.every(({ body }) => body.byteLength === 0)) return undefined;
  for (const track of boxesOf(movie)?.filter(({ name }) => name === 'trak') ?? []) {
    const media = boxesOf(find(boxesOf(track.body), 'mdia'));
    const handler = find(media, 'hdlr');
    if (handler === undefined || tagAt(handler, 8) !== 'vide') continue;
    return factsOf(find(boxesOf(track.body), 'tkhd'), media);
  }
  return undefined;
}

function factsOf(header: Uint8Array | undefined, media: readonly Box[] | undefined): VideoFacts | undefined {
  const timing = find(media, 'mdhd');
  const table = boxesOf(find(boxesOf(find(media, 'minf')), 'stbl'));
  const sizes = find(table, 'stsz');
  if (header === undefined || timing === undefined || sizes === undefined) return undefined;
  if (header.byteLength < 84 || timing.byteLength < 24 || sizes.byteLength < 12) return undefined;
  const time = dataViewOf(timing);
  const is64 = timing[0] === 1; // version 1 has 64-bit times
  if (is64 && timing.byteLength < 36) return undefined;
  const scale = time.getUint32(is64 ? 20 : 12);
  const duration = is64 ? Number(time.getBigUint64(24)) : time.getUint32(16);
  // The last two numbers of a track header are its size, 16.16 fixed point.
  const end = header.byteLength;
  return {
    width: dataViewOf(header).getUint32(end - 8) / 0x1_0000,
    height: dataViewOf(header).getUint32(end - 4) / 0x1_0000,
    frames: dataViewOf(sizes).getUint32(8),
    seconds: scale === 0 ? 0 : duration / scale,
  };
}

const find = (boxes: readonly Box[] | undefined, name: string): Uint8Array | undefined =>
  boxes?.find((box) => box.name === name)?.body;

/** The boxes that fill these bytes; undefined when one reaches beyond their end. */
function boxesOf(bytes: Uint8Array | undefined): readonly Box[] | undefined {
  if (bytes === undefined) return undefined;
  const boxes: Box[] = [];
  const view = dataViewOf(bytes);
  for (let at = 0; at + 8 <= bytes.byteLength;) {
    const short = view.getUint32(at);
    const isLong = short === 1;
    if (isLong && at + 16 > bytes.byteLength) return undefined;
    const header = isLong ? 16 : 8;
    const size = isLong ? Number(view.getBigUint64(at + 8)) : short === 0 ? bytes.byteLength - at : short;
    if (size < header || at + size > bytes.byteLength) return undefined;
    boxes.push({ name: tagAt(bytes, at + 4), body: bytes.subarray(at + header, at + size) });
    at += size;
  }
  return boxes;
}
