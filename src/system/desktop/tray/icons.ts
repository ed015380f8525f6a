import { circle, colour, draw, type Shape } from './shapes.ts';
import type { TrayIcon } from './tray.ts';

/** What the shapes are drawn on, as wide as most panels show it. */
const EXTENT = 22;

const WHITE = colour('ffffff');
const GREEN = colour('2b9a58');
const AMBER = colour('c97f00');
const BROWN = colour('1c1200');
const RED = colour('d8423a');
const GREY = colour('868a92');

/** A tick on a disc, a triangle on a tile, a cross on a diamond, two bars in a ring. */
const SHAPES: Readonly<Record<TrayIcon, readonly Shape[]>> = {
  idle: [
    { is: 'fill', points: [[11, 11]], radius: 9, colour: GREEN },
    {
      is: 'stroke',
      points: [
        [6.75, 11.25],
        [9.75, 14.25],
        [15.25, 8],
      ],
      radius: 1.125,
      colour: WHITE,
    },
  ],
  busy: [
    { is: 'fill', points: square(7, 15), radius: 4, colour: AMBER },
    {
      is: 'fill',
      points: [
        [9, 7.25],
        [9, 14.75],
        [15, 11],
      ],
      radius: 0.75,
      colour: BROWN,
    },
  ],
  disconnected: [
    {
      is: 'fill',
      points: [
        [11, 2.25],
        [19.75, 11],
        [11, 19.75],
        [2.25, 11],
      ],
      radius: 1.25,
      colour: RED,
    },
    ...cross(8, 14),
  ],
  paused: [{ is: 'stroke', points: circle([11, 11], 8), radius: 1, colour: GREY }, bar(9), bar(13)],
};

/** Enough for a host to find one that it need not enlarge. */
const SIZES = [22, 32, 44, 64];

export interface Pixmap {
  readonly size: number;
  /** Opacity, red, green, blue of each pixel, row by row. */
  readonly argb: Uint8Array;
}

const drawn = new Map<TrayIcon, readonly Pixmap[]>();

/** An icon in one size, in pixels. */
export const pixmapOf = (icon: TrayIcon, size: number): Pixmap => ({ size, argb: draw(SHAPES[icon], EXTENT, size) });

/** An icon in every size that is offered. Drawn once. */
export function pixmapsOf(icon: TrayIcon): readonly Pixmap[] {
  const found = drawn.get(icon) ?? SIZES.map((size) => pixmapOf(icon, size));
  drawn.set(icon, found);
  return found;
}

function square(from: number, to: number): Shape['points'] {
  return [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
  ];
}

function cross(from: number, to: number): readonly Shape[] {
  const [topLeft = [0, 0], topRight = [0, 0], bottomRight = [0, 0], bottomLeft = [0, 0]] = square(from, to);
  return [
    { is: 'stroke', points: [topLeft, bottomRight], radius: 1.125, colour: WHITE },
    { is: 'stroke', points: [topRight, bottomLeft], radius: 1.125, colour: WHITE },
  ];
}

function bar(x: number): Shape {
  return {
    is: 'stroke',
    points: [
      [x, 8],
      [x, 14],
    ],
    radius: 1,
    colour: GREY,
  };
}
