import * as v from 'valibot';
import { absentable, Decimal, U32, U64 } from '../numbers.ts';
import { defineTaskKind, side } from './kind.ts';
import { counts, seedOf } from './settings.ts';
import { urlOf } from './urls.ts';

/** What a side that a task leaves out stands for where a model draws from nothing (studio contract, image). */
const USUAL_SIDE_PX = 512;

/** The size that a task asks for where a model draws from nothing; 0 is the model's own. */
export const drawnSize = ({ width = USUAL_SIDE_PX, height = USUAL_SIDE_PX }: AskedSize) => ({ width, height });

interface AskedSize {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/**
 * An image from a prompt, from another image, or with something removed. Sizes in pixels; 0 asks for the model's own,
 * and one that is left out for the usual. Where something is removed, both ask for the size of the image itself.
 */
export const image = defineTaskKind({
  name: 'Image',
  params: v.object({
    kind: v.literal('image'),
    prompt: v.string(),
    negativePrompt: absentable(v.string()),
    initImageUrl: absentable(v.string()),
    maskUrl: absentable(v.string()),
    refImageUrl: absentable(v.string()),
    denoise: absentable(Decimal),
    cfgScale: absentable(Decimal),
    samplingMethod: absentable(v.string()),
    width: v.optional(U32),
    height: v.optional(U32),
    steps: v.optional(U32, 20),
    seed: absentable(U64),
    ext: v.optional(v.string(), 'webp'),
  }),
  resultIs: 'artifact',
  exts: ['webp', 'png', 'jpg', 'jpeg', 'gif', 'tif', 'tiff', 'bmp'],
  prompt: (task) => task.prompt,
  pixels: (task) => {
    const { width, height } = drawnSize(task);
    return side(width) * side(height);
  },
  urls: (task) => [
    ...urlOf('init image', task.initImageUrl),
    ...urlOf('mask', task.maskUrl),
    ...urlOf('reference image', task.refImageUrl),
  ],
  settings: ({ width, height, steps, seed }) => ({ ...counts({ width, height, steps }), ...seedOf(seed) }),
});
