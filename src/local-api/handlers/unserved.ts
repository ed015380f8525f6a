import type { UNSERVED_ROUTES } from '../contract/routes/unserved.ts';
import { ApiFailure } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';

const refuse = (status: number, error: string, what: string) => (): never => {
  throw new ApiFailure(status, error, `this release ${what}`);
};
const vision = refuse(501, 'not_served', 'has no engine that finds animals in pictures');
const wakeWords = refuse(503, 'wake_words_unavailable', 'trains no wake words');
const voiceSamples = refuse(503, 'voice_samples_unavailable', 'records no voices');

/** Parts of the contract that this release does not have. */
export const UNSERVED_HANDLERS: Pick<Handlers, keyof typeof UNSERVED_ROUTES> = {
  visionDetect: vision,
  visionClassify: vision,
  visionSpecies: vision,
  streamTokens: refuse(503, 'stream_listener_down', 'listens to no streams'),
  trainWakeWord: wakeWords,
  wakeWords,
  wakeWord: wakeWords,
  stopWakeWord: wakeWords,
  wakeWordFile: wakeWords,
  voiceSampleTokens: voiceSamples,
  voiceSamples,
  removeVoiceSamples: voiceSamples,
};
