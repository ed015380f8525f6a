import * as v from 'valibot';
import { absentable, U64 } from '../numbers.ts';
import { defineTaskKind } from './kind.ts';
import { seedOf } from './settings.ts';
import { urlUnlessInline } from './urls.ts';

/** A textured 3D model from an image. The result is a GLB, whatever `ext` asks for. */
export const mesh = defineTaskKind({
  name: '3D',
  params: v.object({
    kind: v.literal('mesh'),
    /** An absolute URL, or `data:image/<type>;base64,…`. */
    imageUrl: v.string(),
    seed: absentable(U64),
    ext: v.optional(v.string(), 'glb'),
  }),
  resultIs: 'artifact',
  exts: [],
  /** Never the URL: the studio would store it as the operator's text. */
  prompt: () => '',
  pixels: () => undefined,
  urls: (task) => urlUnlessInline('image', task.imageUrl),
  settings: ({ seed }) => seedOf(seed),
});
