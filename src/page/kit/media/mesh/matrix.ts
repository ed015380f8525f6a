/** Sixteen numbers, column by column, as glTF and WebGL have them. */
export type Matrix = readonly number[];

export const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** `left` after `right`. */
export const multiply = (left: Matrix, right: Matrix): Matrix =>
  Array.from({ length: 16 }, (_, index) => {
    const [column, row] = [Math.floor(index / 4), index % 4];
    return [0, 1, 2, 3].reduce((sum, k) => sum + (left[k * 4 + row] ?? 0) * (right[column * 4 + k] ?? 0), 0);
  });

/** Where a node of a glTF scene stands in its parent. */
export interface Placed {
  readonly matrix?: readonly number[];
  readonly translation?: readonly number[];
  /** A quaternion: x, y, z, w. */
  readonly rotation?: readonly number[];
  readonly scale?: readonly number[];
}

export function matrixOf({
  matrix,
  translation = [0, 0, 0],
  rotation = [0, 0, 0, 1],
  scale = [1, 1, 1],
}: Placed): Matrix {
  if (matrix !== undefined) return matrix;
  const [x = 0, y = 0, z = 0, w = 1] = rotation;
  const [sx = 1, sy = 1, sz = 1] = scale;
  const [tx = 0, ty = 0, tz = 0] = translation;
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)].map((value) => value * sx),
    0,
    ...[2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)].map((value) => value * sy),
    0,
    ...[2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)].map((value) => value * sz),
    0,
    tx,
    ty,
    tz,
    1,
  ];
}

/** Each three numbers as a point (`w` 1) or a direction (`w` 0). */
export function transformed(flat: Float32Array, matrix: Matrix, w: 0 | 1): Float32Array {
  const [a = 1, b = 0, c = 0, , d = 0, e = 1, f = 0, , g = 0, h = 0, i = 1, , tx = 0, ty = 0, tz = 0] = matrix;
  const result = new Float32Array(flat.length);
  for (let at = 0; at + 2 < flat.length; at += 3) {
    const [x = 0, y = 0, z = 0] = [flat[at], flat[at + 1], flat[at + 2]];
    result[at] = a * x + d * y + g * z + tx * w;
    result[at + 1] = b * x + e * y + h * z + ty * w;
    result[at + 2] = c * x + f * y + i * z + tz * w;
  }
  return result;
}

/** How a model is looked at: turned and tilted in radians, from so many times its own radius. */
export interface Look {
  readonly turn: number;
  readonly tilt: number;
  readonly distance: number;
}

/** The turn alone, by which light falls. */
export function turnOf({ turn, tilt }: Look): Matrix {
  const [sy, cy, sx, cx] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
  const aroundY = [cy, 0, -sy, 0, 0, 1, 0, 0, sy, 0, cy, 0, 0, 0, 0, 1];
  const aroundX = [1, 0, 0, 0, 0, cx, sx, 0, 0, -sx, cx, 0, 0, 0, 0, 1];
  return multiply(aroundX, aroundY);
}

const FOCAL = 1 / Math.tan(Math.PI / 8);
const [NEAR, FAR] = [0.05, 50];

/** From a model whose centre is the origin and whose radius is 1 to what the picture shows; `aspect` is its width by its height. */
export function projectionOf(look: Look, aspect: number): Matrix {
  const back = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, -look.distance, 1];
  const depth = NEAR - FAR;
  const perspective = [
    FOCAL / aspect,
    0,
    0,
    0,
    0,
    FOCAL,
    0,
    0,
    0,
    0,
    (FAR + NEAR) / depth,
    -1,
    0,
    0,
    (2 * FAR * NEAR) / depth,
    0,
  ];
  return multiply(perspective, multiply(back, turnOf(look)));
}
