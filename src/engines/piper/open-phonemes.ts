import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Warn } from '../host/inner.ts';
import type { Accent } from './english/accent.ts';
import { sayClause } from './english/clause.ts';
import type { Dictionary } from './english/dictionary.ts';
import { type EspeakOptions, openEspeak } from './espeak.ts';
import { isEnglish, type Phonemize } from './phonemes.ts';

export interface PhonemesOptions extends EspeakOptions {
  /** The paths of this machine's espeak-ng programs, the preferred one first. */
  readonly findEspeakPrograms: () => readonly string[];
  readonly openDictionary: () => Promise<Dictionary>;
  readonly warn: Warn;
}

/**
 * What gives phonemes for a voice that names this voice of espeak: the machine's espeak-ng, on which voices are trained,
 * and for English without it the dictionary of this program.
 *
 * @throws WorkerError `native.unavailable` for another language without an espeak-ng that speaks it
 */
export async function openPhonemes(voice: string, signal: AbortSignal, options: PhonemesOptions): Promise<Phonemize> {
  const programs = options.findEspeakPrograms();
  const failures: (readonly [path: string, thrown: unknown])[] = [];
  for (const program of programs) {
    try {
      return await openEspeak(program, voice, signal, options);
    } catch (thrown) {
      signal.throwIfAborted();
      failures.push([program, thrown]); // another one behind it may speak
    }
  }
  const [first] = failures;
  if (!isEnglish(voice)) throw first === undefined ? espeakMissing(voice) : first[1];
  for (const [path, thrown] of failures) options.warn('espeak.passed-over', { path, because: errorChain(thrown) });
  return byDictionary(await options.openDictionary(), accentOf(voice));
}

const espeakMissing = (voice: string): WorkerError =>
  new WorkerError('native.unavailable', `a voice that speaks ${voice} needs espeak-ng, which is not installed`, {
    hint: 'Install espeak-ng (`sudo apt install espeak-ng`, `brew install espeak-ng`) or name it in STUDIO_WORKER_ESPEAK_NG.',
  });

/** To espeak, English without a region is British. */
const accentOf = (voice: string): Accent => (/^(gmw\/)?en-us\b/i.test(voice) ? 'american' : 'british');

const byDictionary =
  (dictionary: Dictionary, accent: Accent): Phonemize =>
  (words, signal) => {
    signal.throwIfAborted();
    return Promise.resolve([sayClause(words, dictionary, accent)]);
  };
