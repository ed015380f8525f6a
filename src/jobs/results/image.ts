import { toWorkerError } from '../../base/errors.ts';
import type { Images } from '../../system/native/images.ts';
import { bad, type CheckFinding, GOOD, unchecked } from './check-finding.ts';
import { flatColour } from './flatness.ts';
import { meetsSize, type PixelSize } from './size.ts';

/** What a task asks of an image. */
export interface ImageExpectation extends PixelSize {
  /** The prompt asks for an empty image. */
  readonly mayBeFlat: boolean;
}

/** Checks a still: it can be decoded to its end, has the asked size, and shows something. */
export async function checkImage(
  bytes: Uint8Array,
  expected: ImageExpectation,
  images: Pick<Images, 'decode'>,
): Promise<CheckFinding> {
  const decoded = await orProblem(images.decode(bytes), 'the image cannot be decoded');
  if ('is' in decoded) return decoded;
  const { width, height } = decoded;
  if (!meetsSize(decoded, expected)) {
    return bad(`the image is ${width} x ${height} px instead of ${expected.width} x ${expected.height}`);
  }
  const colour = expected.mayBeFlat ? undefined : flatColour(decoded);
  return colour === undefined ? GOOD : bad(`the image is one flat colour (${colour})`);
}

/** What the image library gives, or what its failure means: bytes that are no image, or a library that is not there. */
export async function orProblem<T>(reading: Promise<T>, problem: string): Promise<T | CheckFinding> {
  try {
    return await reading;
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (error.code === 'task.invalid') return bad(problem);
    if (error.code === 'native.unavailable') return unchecked(error.message);
    throw error;
  }
}
