import * as v from 'valibot';
import { absentable, Decimal } from '../numbers.ts';
import { defineTaskKind } from './kind.ts';
import { texts } from './settings.ts';

/** Text to speech. */
export const audioTts = defineTaskKind({
  name: 'Text to speech',
  params: v.object({
    kind: v.literal('audio_tts'),
    text: v.string(),
    voice: v.optional(v.string(), 'default'),
    speed: absentable(Decimal),
    language: absentable(v.string()),
    ext: v.optional(v.string(), 'wav'),
  }),
  resultIs: 'artifact',
  exts: ['wav', 'mp3', 'ogg', 'opus', 'flac', 'm4a'],
  prompt: (task) => task.text,
  pixels: () => undefined,
  urls: () => [],
  settings: ({ voice, language }) => texts({ voice, language }),
});
