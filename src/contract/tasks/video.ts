import * as v from 'valibot';
import { absentable, Decimal, U32 } from '../numbers.ts';
import { defineTaskKind, side } from './kind.ts';
import { counts } from './settings.ts';
import { urlOf } from './urls.ts';

/** For a clip that names none. */
export const DEFAULT_FPS = 8;

/** A clip from a prompt. `seconds` is its length, sizes in pixels. */
export const video = defineTaskKind({
  name: 'Video',
  params: v.object({
    kind: v.literal('video'),
    prompt: v.string(),
    negativePrompt: absentable(v.string()),
    initImageUrl: absentable(v.string()),
    seconds: v.optional(Decimal, 2),
    fps: absentable(U32),
    width: v.optional(U32, 512),
    height: v.optional(U32, 512),
    ext: v.optional(v.string(), 'mp4'),
  }),
  resultIs: 'artifact',
  exts: ['mp4', 'webm', 'gif', 'webp', 'avi'],
  prompt: (task) => task.prompt,
  pixels: ({ width, height, seconds, fps }) => side(width) * side(height) * Math.max(1, seconds * (fps || DEFAULT_FPS)),
  urls: (task) => urlOf('init image', task.initImageUrl),
  settings: ({ width, height, seconds, fps }) => counts({ width, height, seconds, fps }),
});
