import type { RawImage } from '../../system/native/images.ts';
import type { Plane } from './sampling.ts';

/** A rectangle of pixels. */
export interface PixelArea {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The colours of an image, without its transparency. */
export function coloursOf({ pixels, width, height, channels }: RawImage): Plane {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const from = at * channels;
    for (let colour = 0; colour < 3; colour++) {
      data[at * 3 + colour] = pixels[channels < 3 ? from : from + colour] ?? 0;
    }
  }
  return { data, width, height, channels: 3 };
}

/** A copy of a part. */
export function cut({ data, width, channels }: Plane, area: PixelArea): Plane {
  const stride = area.width * channels;
  const part = new Uint8Array(stride * area.height);
  for (let row = 0; row < area.height; row++) {
    const from = ((area.y + row) * width + area.x) * channels;
    part.set(data.subarray(from, from + stride), row * stride);
  }
  return { data: part, width: area.width, height: area.height, channels };
}
