/*
 * Pictures from a few shapes, in any size: each pixel is as opaque as the shape's edge is far from its middle.
 */

export type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number];

/** `fill`: an area, wider than its corners by `radius`; `stroke`: a line with round ends, so wide to each side. */
export interface Shape {
  readonly is: 'fill' | 'stroke';
  readonly points: readonly Point[];
  readonly radius: number;
  readonly colour: Colour;
}

/** Points of a circle, close enough to each other that nobody sees its corners. */
export const circle = ([x, y]: Point, radius: number): readonly Point[] =>
  Array.from({ length: 49 }, (_, step) => {
    const angle = (step / 48) * 2 * Math.PI;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });

export const colour = (hex: string): Colour => {
  const [red = 0, green = 0, blue = 0] = Buffer.from(hex, 'hex');
  return [red, green, blue];
};

/** Four bytes a pixel, row by row: opacity, red, green, blue. The shapes are given on a square of `extent`. */
export function draw(shapes: readonly Shape[], extent: number, size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  const scale = size / extent;
  for (let index = 0; index < size * size; index++) {
    const at: Point = [((index % size) + 0.5) / scale, (Math.floor(index / size) + 0.5) / scale];
    for (const shape of shapes) {
      const coverage = Math.min(1, Math.max(0, 0.5 - distanceTo(shape, at) * scale));
      if (coverage > 0) lay(pixels.subarray(index * 4, index * 4 + 4), shape.colour, coverage);
    }
  }
  return pixels;
}

/** Lays a colour over a pixel, whose own colour is not multiplied by its opacity. */
function lay(pixel: Uint8Array, over: Colour, coverage: number): void {
  const below = ((pixel[0] ?? 0) / 255) * (1 - coverage);
  const opacity = coverage + below;
  for (const [index, value] of over.entries()) {
    pixel[index + 1] = Math.round((value * coverage + (pixel[index + 1] ?? 0) * below) / opacity);
  }
  pixel[0] = Math.round(opacity * 255);
}

/** From the edge of a shape: negative within it. */
function distanceTo({ is, points, radius }: Shape, at: Point): number {
  const first = points[0] ?? at;
  const corners = is === 'fill' ? [...points, first] : points;
  let nearest = Math.hypot(at[0] - first[0], at[1] - first[1]);
  let isInside = false;
  for (const [index, to] of corners.entries()) {
    const from = corners[index - 1];
    if (from === undefined) continue;
    nearest = Math.min(nearest, distanceToSegment(at, from, to));
    if (is === 'fill' && crosses(at, from, to)) isInside = !isInside;
  }
  return (isInside ? -nearest : nearest) - radius;
}

function distanceToSegment([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const along = ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - share * dx, y - fromY - share * dy);
}

/** Whether a line from the point to the right crosses an edge. */
const crosses = ([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): boolean =>
  fromY > y !== toY > y && x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX);
