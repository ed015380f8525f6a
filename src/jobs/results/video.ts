import type { ImageFacts, Images } from '../../system/native/images.ts';
import { tagAt } from './binary.ts';
import { bad, type CheckFinding, GOOD, unchecked } from './check-finding.ts';
import { flatColour } from './flatness.ts';
import { orProblem } from './image.ts';
import { isFragmented, isMp4, readMp4, type VideoFacts } from './mp4.ts';
import { meetsSize, type PixelSize } from './size.ts';
import { isWebm, readWebm } from './webm.ts';

/** What a task asks of a video. */
export interface VideoExpectation extends PixelSize {
  readonly seconds: number;
  /** Undefined when the model may choose. */
  readonly fps: number | undefined;
  readonly mayBeFlat: boolean;
}

/** The contract's shortest video. */
const MIN_SECONDS = 0.1;
/** Models make whole groups of frames, so that a video's length is only about what was asked. */
const LENGTH_TOLERANCE = 0.25;
const LENGTH_TOLERANCE_SECONDS = 0.5;
/** How long a frame may be when nobody asked for a rate. */
const MIN_OWN_FPS = 8;

/** Checks a video: it has frames, the asked size and about the asked length, and is not one flat colour throughout. */
export async function checkVideo(
  bytes: Uint8Array,
  expected: VideoExpectation,
  images: Pick<Images, 'probe' | 'decode'>,
): Promise<CheckFinding> {
  if (isMp4(bytes)) {
    if (isFragmented(bytes)) return unchecked('the frames of a fragmented MP4 are not checked');
    const facts = readMp4(bytes);
    return facts === undefined
      ? bad('the MP4 is cut off or has no video track')
      : checkFacts(facts, withEvenSides(expected));
  }
  if (isWebm(bytes)) {
    const facts = readWebm(bytes);
    if (facts === 'unsized') return unchecked('a WebM that was written into a pipe does not say how long it is');
    return facts === undefined ? bad('the WebM is cut off or has no video track') : checkFacts(facts, expected);
  }
  if (isAvi(bytes)) return unchecked('the frames of an AVI are not checked');
  const facts = await orProblem(images.probe(bytes), 'the video cannot be decoded');
  if ('is' in facts) return facts;
  const result = checkFacts(factsOf(facts, expected), expected);
  return result.is === 'good' ? await checkFrames(bytes, facts, { images, expected }) : result;
}

const isAvi = (bytes: Uint8Array): boolean => tagAt(bytes, 0) === 'RIFF' && tagAt(bytes, 8) === 'AVI ';

/** The H.264 that everybody can play has even sides only (ITU-T H.264, 4:2:0): an odd one becomes the next. */
const withEvenSides = (expected: VideoExpectation): VideoExpectation => ({
  ...expected,
  width: expected.width + (expected.width % 2),
  height: expected.height + (expected.height % 2),
});

/** A still is a video of one frame at the asked rate: files of one frame keep no time. */
function factsOf({ width, height, pages, delaysMs }: ImageFacts, expected: VideoExpectation): VideoFacts {
  const seconds = pages > 1 ? delaysMs.reduce((sum, delay) => sum + delay, 0) / 1000 : frameSeconds(expected);
  return { width, height, frames: pages, seconds };
}

const frameSeconds = ({ fps }: VideoExpectation): number => 1 / (fps || MIN_OWN_FPS);

function checkFacts({ width, height, frames, seconds }: VideoFacts, expected: VideoExpectation): CheckFinding {
  if (frames === 0) return bad('the video has no frames');
  if (!meetsSize({ width, height }, expected)) {
    return bad(`the video is ${width} x ${height} px instead of ${expected.width} x ${expected.height}`);
  }
  const asked = Math.max(MIN_SECONDS, expected.seconds);
  const tolerance = Math.max(LENGTH_TOLERANCE_SECONDS, LENGTH_TOLERANCE * asked, frameSeconds(expected));
  if (Math.abs(seconds - asked) <= tolerance) return GOOD;
  return bad(`the video is ${seconds.toFixed(1)} s long instead of ${asked} s`);
}

interface FrameCheck {
  readonly images: Pick<Images, 'decode'>;
  readonly expected: VideoExpectation;
}

/** A video may fade in: it is flat only when its first, middle and last frame are. The later ones cost more to reach. */
async function checkFrames(
  bytes: Uint8Array,
  { pages }: ImageFacts,
  { images, expected }: FrameCheck,
): Promise<CheckFinding> {
  let colour: string | undefined;
  for (const page of new Set([0, Math.floor(pages / 2), pages - 1])) {
    const frame = await orProblem(images.decode(bytes, { page }), `frame ${page} of the video cannot be decoded`);
    if ('is' in frame) return frame;
    colour = flatColour(frame);
    if (colour === undefined || expected.mayBeFlat) return GOOD;
  }
  return bad(`the video is one flat colour (${colour})`);
}
