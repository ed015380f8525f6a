import * as v from 'valibot';
import { absentable } from '../numbers.ts';
import { defineTaskKind } from './kind.ts';
import { texts } from './settings.ts';
import { urlOf } from './urls.ts';

/** Speech to text. */
export const audioStt = defineTaskKind({
  name: 'Speech to text',
  params: v.object({
    kind: v.literal('audio_stt'),
    inputUrl: v.string(),
    language: absentable(v.string()),
    translate: absentable(v.boolean()),
    prompt: absentable(v.string()),
    vad: absentable(v.boolean()),
    timestamps: absentable(v.string()),
  }),
  resultIs: 'json',
  exts: [],
  prompt: (task) => task.inputUrl,
  pixels: () => undefined,
  urls: (task) => urlOf('audio', task.inputUrl),
  settings: ({ language }) => texts({ language }),
});
