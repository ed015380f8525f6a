import type { ImageFacts, Images } from '../../system/native/images.ts';
import { flatColour } from './flatness.ts';
import { type AskedSize, bad, GOOD, type Look, meetsSize, tagAt, unseen } from './look.ts';
import { type FilmFacts, isFragmented, isMp4, readMp4 } from './mp4.ts';
import { orLook } from './picture.ts';
import { isWebm, readWebm } from './webm.ts';

export interface ClipExpectation extends AskedSize {
  readonly seconds: number;
  /** Undefined when the model may choose. */
  readonly fps: number | undefined;
  readonly mayBeFlat: boolean;
}

/** The contract's shortest clip. */
const SHORTEST_SECONDS = 0.1;
/** Models make whole groups of frames, so that a clip's length is only about what was asked. */
const LENGTH_TOLERANCE = 0.25;
const LENGTH_TOLERANCE_SECONDS = 0.5;
/** How long a frame may be when nobody asked for a rate. */
const SLOWEST_OWN_FPS = 8;

/** Looks at a video: it has frames, the asked size and about the asked length, and is not one flat colour throughout. */
export async function lookAtClip(
  bytes: Uint8Array,
  expected: ClipExpectation,
  images: Pick<Images, 'probe' | 'decode'>,
): Promise<Look> {
  if (isMp4(bytes)) {
    if (isFragmented(bytes)) return unseen('the frames of a fragmented MP4 are not looked into');
    const film = readMp4(bytes);
    return film === undefined ? bad('the MP4 is cut off or has no picture track') : lookAtFacts(film, evened(expected));
  }
  if (isWebm(bytes)) {
    const film = readWebm(bytes);
    if (film === 'unsized') return unseen('a WebM that was written into a pipe does not say how long it is');
    return film === undefined ? bad('the WebM is cut off or has no picture track') : lookAtFacts(film, expected);
  }
  if (isAvi(bytes)) return unseen('the frames of AVI are not looked into');
  const facts = await orLook(images.probe(bytes), 'the video cannot be decoded');
  if ('is' in facts) return facts;
  const look = lookAtFacts(filmOf(facts, expected), expected);
  return look.is === 'good' ? await lookAtFrames(bytes, facts, { images, expected }) : look;
}

const isAvi = (bytes: Uint8Array): boolean => tagAt(bytes, 0) === 'RIFF' && tagAt(bytes, 8) === 'AVI ';

/** The H.264 that everybody can play has even sides only (ITU-T H.264, 4:2:0): an odd one becomes the next. */
const evened = (expected: ClipExpectation): ClipExpectation => ({
  ...expected,
  width: expected.width + (expected.width % 2),
  height: expected.height + (expected.height % 2),
});

/** A still is a clip of one frame at the asked rate: files of one frame keep no time. */
function filmOf({ width, height, pages, delaysMs }: ImageFacts, expected: ClipExpectation): FilmFacts {
  const seconds = pages > 1 ? delaysMs.reduce((sum, delay) => sum + delay, 0) / 1000 : frameSeconds(expected);
  return { width, height, frames: pages, seconds };
}

const frameSeconds = ({ fps }: ClipExpectation): number => 1 / (fps || SLOWEST_OWN_FPS);

function lookAtFacts({ width, height, frames, seconds }: FilmFacts, expected: ClipExpectation): Look {
  if (frames === 0) return bad('the video has no frames');
  if (!meetsSize({ width, height }, expected)) {
    return bad(`the video is ${width} x ${height} px, asked were ${expected.width} x ${expected.height}`);
  }
  const asked = Math.max(SHORTEST_SECONDS, expected.seconds);
  const tolerance = Math.max(LENGTH_TOLERANCE_SECONDS, LENGTH_TOLERANCE * asked, frameSeconds(expected));
  if (Math.abs(seconds - asked) <= tolerance) return GOOD;
  return bad(`the video is ${seconds.toFixed(1)} s long, asked were ${asked} s`);
}

interface FrameLook {
  readonly images: Pick<Images, 'decode'>;
  readonly expected: ClipExpectation;
}

/** A clip may fade in: it is flat only when its first, middle and last frame are. The later ones cost more to reach. */
async function lookAtFrames(bytes: Uint8Array, { pages }: ImageFacts, { images, expected }: FrameLook): Promise<Look> {
  let colour: string | undefined;
  for (const page of new Set([0, Math.floor(pages / 2), pages - 1])) {
    const frame = await orLook(images.decode(bytes, page), `frame ${page} of the video cannot be decoded`);
    if ('is' in frame) return frame;
    colour = flatColour(frame);
    if (colour === undefined || expected.mayBeFlat) return GOOD;
  }
  return bad(`the video is one flat colour (${colour})`);
}
