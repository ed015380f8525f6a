import { spokenEnglish } from './english/written.ts';
import type { SpokenSentence } from './sentences.ts';
import { BEGIN, END, PAD, type Voice } from './voice.ts';

/** The phonemes of a few words in IPA, a line for each pause that is made in them. */
export type Phonemize = (words: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Where espeak changes to another language for a word, it says so: `(fr)mɛʁsˈi(en)`. */
const LANGUAGE_SWITCH = /\([a-z]{2,3}(?:-[a-z0-9]+)*\)/g;
/** What makes no sound of its own. */
const SILENT = /^[\s.,:;!?ˈˌː\p{P}\p{M}]$/u;

export interface Reading {
  readonly voice: Voice;
  readonly phonemize: Phonemize;
  readonly signal: AbortSignal;
}

/**
 * The phonemes of a sentence, one character each and decomposed, with the marks of its pauses among them, as Piper
 * trains its voices on them (rhasspy/piper-phonemize `phonemize_eSpeak`).
 */
export async function phonemesOf(sentence: SpokenSentence, reading: Reading): Promise<readonly string[]> {
  const clauses: string[] = [];
  for (const { words, mark } of sentence) {
    const spoken = await spokenWords(words, reading);
    clauses.push(spoken.trim() === '' ? '' : `${spoken}${mark}`);
  }
  const whole = clauses.filter((clause) => clause !== '').join(' ');
  return Array.from(whole.normalize('NFD')).flatMap((phoneme) => reading.voice.respelled.get(phoneme) ?? [phoneme]);
}

async function spokenWords(words: string, { voice, phonemize, signal }: Reading): Promise<string> {
  if (voice.phonemesBy.is === 'text') return words.toLowerCase();
  const text = isEnglish(voice.phonemesBy.voice) ? spokenEnglish(words) : words;
  return (await phonemize(text, signal)).join(' ').replaceAll(LANGUAGE_SWITCH, '');
}

/** Whether a voice of espeak, by its name, speaks English in any of its kinds. */
export const isEnglish = (voice: string): boolean => /^(gmw\/)?en\b/i.test(voice);

/** What a model is given for a sentence. */
export interface Ids {
  readonly ids: readonly number[];
  /** Whether there is a sound among them. */
  readonly audible: boolean;
  /** Phonemes that the voice has no id for. */
  readonly dropped: readonly string[];
}

/** Ids of phonemes, with the pad after each and the sentence's own marks around them, as voices are trained. */
export function idsOf(phonemes: readonly string[], { ids: table }: Pick<Voice, 'ids'>): Ids {
  const of = (phoneme: string): readonly number[] => table.get(phoneme) ?? [];
  const pad = of(PAD);
  const known = phonemes.filter((phoneme) => table.has(phoneme));
  return {
    ids: [...of(BEGIN), ...pad, ...known.flatMap((phoneme) => [...of(phoneme), ...pad]), ...of(END)],
    audible: known.some((phoneme) => !SILENT.test(phoneme)),
    dropped: phonemes.filter((phoneme) => !table.has(phoneme)),
  };
}
