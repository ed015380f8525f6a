import type { Look } from './matrix.ts';

/** From a little above, as one looks at something on a table. */
export const FIRST_LOOK: Look = { turn: 0.6, tilt: 0.35, distance: 3.4 };

/** Radians: by a key or a button, by a pixel of a drag, and by a second of turning by itself. */
const [KEY_STEP, PIXEL_STEP, SECOND_STEP] = [0.2, 0.01, 0.5];
const [NEAREST, FARTHEST, ZOOM] = [1.6, 8, 1.15];

/** Straight from above and below are the ends: beyond them up would be down. */
const tilted = (tilt: number): number => Math.min(Math.PI / 2, Math.max(-Math.PI / 2, tilt));

export const turned = (look: Look, steps: number): Look => ({ ...look, turn: look.turn + steps * KEY_STEP });

export const dragged = (look: Look, x: number, y: number): Look => ({
  ...look,
  turn: look.turn + x * PIXEL_STEP,
  tilt: tilted(look.tilt + y * PIXEL_STEP),
});

export const zoomed = (look: Look, steps: number): Look => ({
  ...look,
  distance: Math.min(FARTHEST, Math.max(NEAREST, look.distance * ZOOM ** steps)),
});

/** Turns by itself for so many milliseconds. */
export const passed = (look: Look, ms: number): Look => ({ ...look, turn: look.turn + (ms / 1000) * SECOND_STEP });

/** What a key makes of a look; undefined for a key that has nothing to do with it. */
export function lookBy(key: string, look: Look): Look | undefined {
  switch (key) {
    case 'ArrowLeft':
      return turned(look, -1);
    case 'ArrowRight':
      return turned(look, 1);
    case 'ArrowUp':
      return { ...look, tilt: tilted(look.tilt + KEY_STEP) };
    case 'ArrowDown':
      return { ...look, tilt: tilted(look.tilt - KEY_STEP) };
    case '+':
    case '=':
      return zoomed(look, -1);
    case '-':
      return zoomed(look, 1);
    case 'Home':
      return FIRST_LOOK;
    default:
      return undefined;
  }
}
