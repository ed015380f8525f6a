import type * as phonemizer from 'phonemizer';
import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Phonemize } from './phonemes.ts';
import { libraryFailure } from '../failures.ts';

/**
 * The espeak that travels with this program, by one of its voices; undefined for a voice it has not. It speaks English
 * only, and loading it takes a third of a second.
 *
 * @throws WorkerError `native.unavailable`
 */
export async function openOwnEspeak(voice: string): Promise<Phonemize | undefined> {
  const library = await load();
  // By its identifier: asked for by the name of its language, `en-gb` is not found and the voice before it goes on.
  const identifier = identifierOf(voice, [await library.list_voices()].flat()); // a list, whatever its types say
  if (identifier === undefined) return undefined;
  return async (words, signal) => {
    signal.throwIfAborted();
    try {
      return await library.phonemize(words, identifier);
    } catch (thrown) {
      throw new WorkerError('engine.failed', `the text has no phonemes: ${errorChain(thrown)}`, { cause: thrown });
    }
  };
}

interface EspeakVoice {
  readonly identifier: string;
  /** The lower the priority, the better it speaks the language. */
  readonly languages: readonly { readonly name: string; readonly priority: number }[];
}

function identifierOf(voice: string, voices: readonly EspeakVoice[]): string | undefined {
  const wanted = voice.toLowerCase();
  const ranked = voices.flatMap(({ identifier, languages }) => {
    const named = identifier.toLowerCase() === wanted ? 0 : languages.find(({ name }) => name === wanted)?.priority;
    return named === undefined ? [] : [{ identifier, priority: named }];
  });
  return ranked.toSorted((one, other) => one.priority - other.priority)[0]?.identifier;
}

async function load(): Promise<typeof phonemizer> {
  try {
    return await withoutListeners(() => import('phonemizer'));
  } catch (thrown) {
    throw libraryFailure('espeak', thrown, undefined);
  }
}

const EVENTS = ['uncaughtException', 'unhandledRejection'];

/** Takes off what a library puts on the process: how a failure ends this one is not for espeak to say. */
async function withoutListeners<T>(call: () => Promise<T>): Promise<T> {
  const before = new Set(EVENTS.flatMap((event) => process.listeners(event)));
  const loaded = await call();
  for (const event of EVENTS) {
    for (const listener of process.listeners(event)) if (!before.has(listener)) process.off(event, listener);
  }
  return loaded;
}

/** Where this machine's espeak-ng is, by the operator's word or on the PATH. */
export function findEspeak(): string | undefined {
  const named = process.env['STUDIO_WORKER_ESPEAK_NG']?.trim() ?? '';
  return named === '' ? (Bun.which('espeak-ng') ?? undefined) : named;
}
