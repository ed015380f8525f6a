import { dataViewOf } from './binary.ts';
import type { VideoFacts } from './mp4.ts';

/*
 * Jobs read this format because a video is checked on machines without ffmpeg too, and its header says all that is
 * checked: size, frames and length. This is just enough of Matroska (RFC 9559) to tell a video from a file that only
 * looks like one: elements of an id, a size and a body, in which the segment's tracks say how large the frames are and
 * its clusters hold them.
 */

/** Ids as the RFC writes them, with the bit that marks their length. */
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const TRACKS = 0x1654ae6b;
const TRACK = 0xae;
const TRACK_NUMBER = 0xd7;
const VIDEO = 0xe0;
const PIXEL_WIDTH = 0xb0;
const PIXEL_HEIGHT = 0xba;
const CLUSTER = 0x1f43b675;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
/** Nanoseconds in a tick where the file does not say. */
const DEFAULT_SCALE = 1_000_000;

interface Element {
  readonly id: number;
  readonly body: Uint8Array;
}

/** Whether these bytes are EBML (RFC 8794), which Matroska and WebM are. */
export const isWebm = (bytes: Uint8Array): boolean =>
  bytes.byteLength >= 4 && dataViewOf(bytes).getUint32(0) === 0x1a45dfa3;

/** What a WebM says of its video track; `unsized` when it was written into a pipe; undefined when it is cut off. */
export function readWebm(bytes: Uint8Array): VideoFacts | 'unsized' | undefined {
  const top = elementsOf(bytes);
  if (top === 'unsized') return 'unsized';
  const segment = elementsOf(find(top, SEGMENT));
  if (segment === undefined || segment === 'unsized') return segment;
  const track = videoTrack(segment);
  const info = elementsOf(find(segment, INFO));
  const ticks = find(info, DURATION);
  if (track === undefined) return undefined;
  if (ticks === undefined) return 'unsized';
  const scale = uint(find(info, TIMESTAMP_SCALE)) || DEFAULT_SCALE;
  return { ...track.size, frames: framesOf(segment, track.number), seconds: (float(ticks) * scale) / 1e9 };
}

function videoTrack(segment: readonly Element[]) {
  const tracks = elementsOf(find(segment, TRACKS));
  if (tracks === undefined || tracks === 'unsized') return undefined;
  for (const { body } of tracks.filter(({ id }) => id === TRACK)) {
    const track = elementsOf(body);
    const video = elementsOf(find(track, VIDEO));
    const size = { width: uint(find(video, PIXEL_WIDTH)), height: uint(find(video, PIXEL_HEIGHT)) };
    if (size.width > 0 && size.height > 0) return { number: uint(find(track, TRACK_NUMBER)), size };
  }
  return undefined;
}

/** Blocks of the video track. A block starts with the number of its track; one frame each, as videos are written. */
function framesOf(segment: readonly Element[], track: number): number {
  let frames = 0;
  for (const { id, body } of segment) {
    const cluster = id === CLUSTER ? elementsOf(body) : undefined;
    if (cluster === undefined || cluster === 'unsized') continue;
    for (const element of cluster) {
      const block = element.id === BLOCK_GROUP ? find(elementsOf(element.body), BLOCK) : element.body;
      const isBlock = element.id === BLOCK_GROUP || element.id === SIMPLE_BLOCK;
      if (isBlock && block !== undefined && variable(block, 0)?.value === track) frames += 1;
    }
  }
  return frames;
}

const find = (elements: ReturnType<typeof elementsOf>, elementId: number): Uint8Array | undefined =>
  elements === 'unsized' ? undefined : elements?.find(({ id }) => id === elementId)?.body;

/** The elements that fill these bytes; undefined when one reaches beyond their end. */
function elementsOf(bytes: Uint8Array | undefined): readonly Element[] | 'unsized' | undefined {
  if (bytes === undefined) return undefined;
  const elements: Element[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const id = variable(bytes, at);
    const size = id === undefined ? undefined : variable(bytes, at + id.length);
    if (id === undefined || size === undefined) return undefined;
    if (size.isUnknown) return 'unsized';
    const start = at + id.length + size.length;
    if (start + size.value > bytes.byteLength) return undefined;
    elements.push({ id: id.value + 2 ** (7 * id.length), body: bytes.subarray(start, start + size.value) });
    at = start + size.value;
  }
  return elements;
}

/** A number whose first byte says by its leading zeros how many bytes it has; all ones stand for "not known". */
function variable(bytes: Uint8Array, at: number) {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (first === 0 || at + length > bytes.byteLength) return undefined;
  let value = first - 2 ** (8 - length);
  let isUnknown = value === 2 ** (8 - length) - 1;
  for (const byte of bytes.subarray(at + 1, at + length)) {
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { length, value, isUnknown };
}

const uint = (bytes: Uint8Array | undefined): number =>
  (bytes ?? new Uint8Array()).reduce((value, byte) => value * 256 + byte, 0);

function float(bytes: Uint8Array): number {
  if (bytes.byteLength === 4) return dataViewOf(bytes).getFloat32(0);
  return bytes.byteLength === 8 ? dataViewOf(bytes).getFloat64(0) : 0;
}
