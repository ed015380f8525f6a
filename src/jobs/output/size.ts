/** Width and height in pixels; of a task, 0 stands for "whatever the model makes". */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Image models draw in steps: a side they cannot do comes out as a neighbouring one they can. */
const SIDE_STEP_PX = 64;

/** Whether an image of this size answers what was asked. A side that is a whole number of steps must be met exactly. */
export function meetsSize(made: PixelSize, asked: PixelSize): boolean {
  return meetsSide(made.width, asked.width) && meetsSide(made.height, asked.height);
}

function meetsSide(made: number, asked: number): boolean {
  if (asked === 0 || made === asked) return true;
  return asked % SIDE_STEP_PX !== 0 && made % 8 === 0 && Math.abs(made - asked) < SIDE_STEP_PX;
}
