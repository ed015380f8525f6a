import { WorkerError } from '../../base/errors.ts';
import { MAX_IMAGE_PIXELS } from '../../base/media/image-type.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { ImageSize } from '../../system/native/images.ts';

/**
 * How large the result of a removal is: as asked, else as large as the image itself. A side that is not asked for
 * follows the other one, so that nothing is squashed.
 *
 * @throws WorkerError `task.invalid` for a result that is too large
 */
export function resultSize({ width = 0, height = 0 }: Pick<TaskOf<'image'>, 'width' | 'height'>, image: ImageSize) {
  const size = {
    width: width || scaled(image.width, height / image.height),
    height: height || scaled(image.height, width / image.width),
  };
  assertSizeFits(size);
  return size;
}

/** Without a requested side the ratio is 0, and the side keeps its length. */
const scaled = (side: number, ratio: number): number => (ratio === 0 ? side : Math.max(1, Math.round(side * ratio)));

/** @throws WorkerError `task.invalid` for more pixels than are read */
export function assertSizeFits({ width, height }: ImageSize): void {
  if (Math.max(width, 1) * Math.max(height, 1) <= MAX_IMAGE_PIXELS) return;
  throw new WorkerError('task.invalid', `${width} x ${height} px is larger than the onnx engine supports`, {
    hint: `Ask for at most ${MAX_IMAGE_PIXELS} pixels, such as 8192 x 8192, or leave width and height out.`,
  });
}
