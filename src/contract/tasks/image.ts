import * as v from 'valibot';
import { absentable, Decimal, U32, U64 } from '../numbers.ts';
import { defineTaskKind, side } from './kind.ts';

/** An image from a prompt, from another image, or with something removed. Sizes in pixels; 0 asks for the model's own. */
export const image = defineTaskKind({
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
    width: v.optional(U32, 512),
    height: v.optional(U32, 512),
    steps: v.optional(U32, 20),
    seed: absentable(U64),
    ext: v.optional(v.string(), 'webp'),
  }),
  resultIs: 'artifact',
  prompt: (task) => task.prompt,
  pixels: ({ width, height }) => side(width) * side(height),
});
