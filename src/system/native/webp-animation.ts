import { bytesIn } from '../../base/bytes.ts';
import { WorkerError } from '../../base/errors.ts';

/** A still WebP and how long it is shown. */
export interface WebpFrame {
  readonly still: Uint8Array;
  readonly delayMs: number;
}

/** Stills of one size to be shown one after the other. */
export interface WebpAnimation {
  readonly width: number;
  readonly height: number;
  /** How often it plays; 0 is for ever. */
  readonly loop: number;
  readonly frames: readonly WebpFrame[];
}

const ANIMATED = 0x02;
/** Replace what was there (no blending), and leave the frame when the next one comes (RFC 9649 §2.7.1.1). */
const REPLACE = 0x02;
const FRAME_HEADER_BYTES = 16;
const RIFF_HEADER_BYTES = 12;

/**
 * Joins stills into an animated WebP (RFC 9649 §2.7). Each still is taken as it is, so that frames can be encoded one
 * by one, in little memory, and abortable between any two.
 */
export function joinWebp({ width, height, loop, frames }: WebpAnimation): Uint8Array {
  const canvas = new Uint8Array(10);
  canvas[0] = ANIMATED;
  setUint24(canvas, 4, width - 1);
  setUint24(canvas, 7, height - 1);
  const control = new Uint8Array(6); // four bytes of background, transparent
  new DataView(control.buffer).setUint16(4, loop, true);
  const chunks = [
    ...chunk('VP8X', [canvas]),
    ...chunk('ANIM', [control]),
    ...frames.flatMap((frame) => chunk('ANMF', [frameHeader(width, height, frame.delayMs), bitstreamOf(frame.still)])),
  ];
  return Buffer.concat(chunk('RIFF', [new TextEncoder().encode('WEBP'), ...chunks]));
}

/** A chunk's header, its parts, and the padding to an even length. */
function chunk(name: string, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const sizeBytes = bytesIn(parts);
  const header = new Uint8Array(8);
  new TextEncoder().encodeInto(name, header);
  new DataView(header.buffer).setUint32(4, sizeBytes, true);
  return [header, ...parts, new Uint8Array(sizeBytes % 2)];
}

function frameHeader(width: number, height: number, delayMs: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES); // starts with the position: 0, 0
  setUint24(header, 6, width - 1);
  setUint24(header, 9, height - 1);
  setUint24(header, 12, delayMs);
  header[15] = REPLACE;
  return header;
}

/** The image itself: the `VP8 ` or `VP8L` chunk of a still, without what surrounds it. */
function bitstreamOf(still: Uint8Array): Uint8Array {
  const view = new DataView(still.buffer, still.byteOffset, still.byteLength);
  for (let at = RIFF_HEADER_BYTES; at + 8 <= still.byteLength;) {
    const name = new TextDecoder().decode(still.subarray(at, at + 4));
    const sizeBytes = view.getUint32(at + 4, true);
    const end = at + 8 + sizeBytes + (sizeBytes % 2);
    if (name === 'VP8L' || name === 'VP8 ') return still.subarray(at, end);
    at = end;
  }
  throw new WorkerError('internal', 'the image library returned a WebP without an image');
}

function setUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >> 8) & 0xff;
  bytes[at + 2] = (value >> 16) & 0xff;
}
