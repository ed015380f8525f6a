import * as v from 'valibot';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';

/*
 * Routes of the contract for parts that this release does not have: its programs are told so by the codes that they know,
 * instead of finding no route.
 */

const Nothing = json(v.never());

/** What all routes of one part have in common. */
const vision = {
  method: 'POST',
  access: 'page',
  summary: 'Not in this release: finds animals in a picture.',
  maxBodyBytes: MAX_BODY_BYTES,
  answer: Nothing,
  errors: { 501: ['not_served'] },
} as const;
const wakeWords = {
  access: 'page',
  summary: 'Not in this release: trains a wake word.',
  maxBodyBytes: MAX_BODY_BYTES,
  answer: Nothing,
  errors: { 503: ['wake_words_unavailable'] },
} as const;
const voiceSamples = {
  access: 'page',
  summary: 'Not in this release: records a voice for a wake word.',
  maxBodyBytes: MAX_BODY_BYTES,
  answer: Nothing,
  errors: { 503: ['voice_samples_unavailable'] },
} as const;

export const UNSERVED_ROUTES = {
  visionDetect: { ...vision, path: '/vision/detect' },
  visionClassify: { ...vision, path: '/vision/classify' },
  visionSpecies: { ...vision, path: '/vision/species' },
  streamTokens: {
    method: 'POST',
    path: '/stream-tokens',
    access: 'page',
    summary: 'Not in this release: lets a device stream what it hears.',
    answer: Nothing,
    errors: { 503: ['stream_listener_down'] },
  },
  trainWakeWord: { ...wakeWords, method: 'POST', path: '/wake-words' },
  wakeWords: { ...wakeWords, method: 'GET', path: '/wake-words' },
  wakeWord: { ...wakeWords, method: 'GET', path: '/wake-words/:id' },
  stopWakeWord: { ...wakeWords, method: 'DELETE', path: '/wake-words/:id' },
  wakeWordFile: { ...wakeWords, method: 'GET', path: '/wake-words/:id/files/:file' },
  voiceSampleTokens: { ...voiceSamples, method: 'POST', path: '/voice-sample-tokens' },
  voiceSamples: { ...voiceSamples, method: 'GET', path: '/voice-samples' },
  removeVoiceSamples: { ...voiceSamples, method: 'DELETE', path: '/voice-samples/:set' },
} as const satisfies Readonly<Record<string, Route>>;
