import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { languageOf } from '../media/languages.ts';
import type { Voice } from './voice.ts';

/*
 * What a speech task asks of a voice. What a voice cannot do is rejected by name: speech in another voice, pace or
 * language than was asked for looks like success until somebody listens.
 */

type Speaking = TaskOf<'audio_tts'>;

/** About eleven minutes of speech. */
const MAX_CHARACTERS = 10_000;
/** Beyond these speech is unintelligible. */
const MIN_SPEED = 0.25;
const MAX_SPEED = 4;
/** So many names of speakers are listed to somebody who asked for another. */
const NAMES_SHOWN = 12;

/** @throws WorkerError `task.text-unspeakable` | `task.text-too-long` | `task.speed-out-of-range` */
export function assertSpeakable({ text, speed }: Speaking): void {
  if (text.trim() === '') throw unspeakable('the text is empty');
  if (text.length > MAX_CHARACTERS) {
    throw new WorkerError('task.text-too-long', `the text has ${text.length} characters, more than ${MAX_CHARACTERS}`, {
      hint: 'Create a job for each part of the text.',
    });
  }
  if (speed !== undefined && !(speed >= MIN_SPEED && speed <= MAX_SPEED)) {
    throw new WorkerError('task.speed-out-of-range', `a voice cannot speak at ${speed} times its own speed`, {
      hint: `Ask for a speed from ${MIN_SPEED} to ${MAX_SPEED}; 1 is the voice's own.`,
    });
  }
}

export const unspeakable = (because: string): WorkerError =>
  new WorkerError('task.text-unspeakable', because, {
    hint: 'Create the job with a text that has words in it, in the language of the voice.',
  });

/**
 * The number of the speaker a task asks for by name or number. `default` is the first one.
 *
 * @throws WorkerError `task.voice-unknown` with the speakers there are
 */
export function speakerOf({ voice: asked }: Pick<Speaking, 'voice'>, voice: Voice): number {
  const name = asked.trim();
  if (name === '' || name === 'default') return 0;
  const named = voice.speakers.get(name);
  if (named !== undefined) return named;
  if (/^\d{1,5}$/.test(name) && Number(name) < voice.speakerCount) return Number(name);
  const names = [...voice.speakers.keys()];
  const numbers = voice.speakerCount === 1 ? '0' : `0 to ${voice.speakerCount - 1}`;
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  throw new WorkerError('task.voice-unknown', `the model has no voice ${JSON.stringify(name)}`, {
    hint: `Ask for \`default\`, ${numbers}${shown === '' ? '' : `, or one of ${shown}${more}`}.`,
  });
}

/**
 * A voice speaks one language. Its region is not compared: who picked the model picked the accent, and `en-GB` read by
 * an American is still English.
 *
 * @throws WorkerError `task.language-mismatch`
 */
export function assertLanguage({ language: asked }: Pick<Speaking, 'language'>, { language }: Voice): void {
  if (asked === undefined || asked.trim() === '' || language === undefined) return;
  if (commonLanguage(asked) === commonLanguage(language)) return;
  throw new WorkerError('task.language-mismatch', `the voice speaks ${language}, and the task asks for ${asked}`, {
    hint: 'Create the job with a model that speaks this language, or without `language`.',
  });
}

/** What espeak puts around a language in the name of a voice: the family in front, a variant behind. */
const AROUND = /^[a-z]{3}\/|\+.*$/gi;

/** The same for every name of a language: `en` of `en_US`, `zh` of `cmn`, `no` of `nb` and of `Norwegian`. */
function commonLanguage(name: string): string {
  const tag = name.trim().replaceAll(AROUND, '');
  const known = languageOf(tag);
  if (known !== undefined) return known;
  try {
    const [canonical = tag] = Intl.getCanonicalLocales(tag.replaceAll('_', '-'));
    return canonical.split('-')[0] ?? canonical;
  } catch {
    return tag.toLowerCase(); // no language tag: it equals itself at most
  }
}
