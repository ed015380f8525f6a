/** Width and height in pixels; of a task, 0 stands for "whatever the model makes". */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Whether an image is of the size that was asked for. */
export const meetsSize = (made: PixelSize, asked: PixelSize): boolean =>
  (asked.width === 0 || made.width === asked.width) && (asked.height === 0 || made.height === asked.height);

/** Video models draw in steps: a side they cannot do comes out as a neighbouring one they can. */
const SIDE_STEP_PX = 64;

/** The same for a video. A side that is a whole number of steps must be met exactly. */
export const nearlyMeetsSize = (made: PixelSize, asked: PixelSize): boolean =>
  nearlyMeetsSide(made.width, asked.width) && nearlyMeetsSide(made.height, asked.height);

function nearlyMeetsSide(made: number, asked: number): boolean {
  if (asked === 0 || made === asked) return true;
  return asked % SIDE_STEP_PX !== 0 && made % 8 === 0 && Math.abs(made - asked) < SIDE_STEP_PX;
}
