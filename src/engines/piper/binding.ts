import type * as phonemizer from 'phonemizer';
import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Phonemize } from './phonemes.ts';

/**
 * The espeak that travels with this program, by one of its voices; undefined for a voice it has not. It speaks English
 * only. Loading it takes a third of a second and puts listeners on the process: for an engine child, not the worker.
 *
 * @throws WorkerError `native.unavailable`
 */
export async function openOwnEspeak(voice: string): Promise<Phonemize | undefined> {
  const library = await load();
  const voices = [await library.list_voices()].flat(); // a list, whatever its types say
  if (!voices.some(({ identifier, languages }) => [identifier, ...languages.map(nameOf)].includes(voice)))
    return undefined;
  return async (words, signal) => {
    signal.throwIfAborted();
    try {
      return await library.phonemize(words, voice);
    } catch (thrown) {
      throw new WorkerError('engine.failed', `the text has no phonemes: ${errorChain(thrown)}`, { cause: thrown });
    }
  };
}

const nameOf = ({ name }: { readonly name: string }): string => name;

async function load(): Promise<typeof phonemizer> {
  try {
    return await import('phonemizer');
  } catch (thrown) {
    throw new WorkerError('native.unavailable', `espeak does not load here: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Run `bun install` in the checkout, or use a release for this system.',
    });
  }
}

/** Where this machine's espeak-ng is, by the operator's word or on the PATH. */
export const findEspeak = (): string | undefined =>
  process.env['STUDIO_WORKER_ESPEAK_NG'] ?? Bun.which('espeak-ng') ?? undefined;
