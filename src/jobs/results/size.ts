/** Width and height in pixels; of a task, 0 stands for "whatever the model makes". */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Whether an image or a video is of the size that was asked for. */
export const meetsSize = (made: PixelSize, asked: PixelSize): boolean =>
  (asked.width === 0 || made.width === asked.width) && (asked.height === 0 || made.height === asked.height);
