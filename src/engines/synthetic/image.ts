/** Three bytes a pixel, row by row. */
export const RGB = 3;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels between two checks of the signal: a few milliseconds of work, so that heartbeats are never late. */
const PIXELS_PER_TURN = 512 * 512;

/** How many rings the palette has; the innermost is drawn up to the middle, the last one out to the corners. */
const LAST_RING = 3;

/**
 * Draws the image of a digest, as square rings in four colours of the digest under a wave.
 *
 * The rule is the studio contract's for 512 x 512, in 32-bit arithmetic, with the middle and the scale taken from the
 * asked size. A negative wave is reinterpreted as an unsigned byte and saturates: the large white areas are right.
 *
 * `breathe` is awaited every few milliseconds of work; what it throws ends the drawing.
 */
export async function drawImage(digest: Uint8Array, size: Size, breathe: () => Promise<void>): Promise<Uint8Array> {
  const pixels = new Uint8Array(size.width * size.height * RGB);
  const drawRows = prepare(digest, size, pixels);
  const rowsPerTurn = Math.max(1, Math.floor(PIXELS_PER_TURN / size.width));
  for (let row = 0; row < size.height; row += rowsPerTurn) {
    if (row > 0) await breathe();
    drawRows(row, Math.min(size.height, row + rowsPerTurn));
  }
  return pixels;
}

/** Works out what columns share, and returns what draws the rows from `first` up to `end`. */
function prepare(digest: Uint8Array, size: Size, pixels: Uint8Array): (first: number, end: number) => void {
  const { width, height } = size;
  const halfWidth = width / 2;
  const halfHeight = height / 2;
  const scale = Math.max(halfWidth, halfHeight);
  const sines = Float32Array.from({ length: width }, (_, x) => Math.sin(Math.fround(x / 24)));
  return (first, end) => {
    for (let y = first; y < end; y++) {
      const cosine = Math.fround(Math.cos(Math.fround(y / 24)));
      const fromMiddle = Math.abs(y - halfHeight);
      for (let x = 0, at = y * width * RGB; x < width; x++, at += RGB) {
        const distance = Math.fround(Math.max(Math.abs(x - halfWidth), fromMiddle) / scale);
        const colour = RGB * Math.min(LAST_RING, Math.floor(Math.fround(6 * distance)));
        const phase = Math.fround(Math.fround((sines[x] ?? 0) + cosine) * 12);
        pixels[at] = brighten(digest[colour], phase);
        pixels[at + 1] = brighten(digest[colour + 1], Math.fround(SEVEN_TENTHS * phase));
        pixels[at + 2] = brighten(digest[colour + 2], Math.fround(THIRTEEN_TENTHS * phase));
      }
    }
  };
}

const SEVEN_TENTHS = Math.fround(0.7);
const THIRTEEN_TENTHS = Math.fround(1.3);

/** Adds the wave, cut toward zero and read as an unsigned byte; stops at 255. */
const brighten = (base = 0, wave = 0): number => Math.min(255, base + (Math.trunc(wave) & 0xff));
