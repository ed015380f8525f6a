import { delimiter } from 'node:path';
import lettersPath from './english/data/letters.txt' with { type: 'file' };
import wordsPath from './english/data/words.txt' with { type: 'file' };
import { createDictionary, type Dictionary } from './english/dictionary.ts';

/** How English words are pronounced, from the files that travel with this program. Opened in a few milliseconds. */
export async function openDictionary(): Promise<Dictionary> {
  const [words, letters] = await Promise.all([Bun.file(wordsPath).text(), Bun.file(lettersPath).text()]);
  return createDictionary({ words, letters });
}

/** Where espeak-ng's own installers put it, which services have not on their PATH. */
const USUAL_FOLDERS: Readonly<Partial<Record<string, readonly string[]>>> = {
  darwin: ['/opt/homebrew/bin', '/usr/local/bin'],
  win32: ['C:\\Program Files\\eSpeak NG'],
};

/** This machine's programs of that name: the one that the operator names, else those on the PATH and in its usual place. */
export function findEspeakPrograms(): readonly string[] {
  const named = process.env['STUDIO_WORKER_ESPEAK_NG']?.trim() ?? '';
  if (named !== '') return [named];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...(USUAL_FOLDERS[process.platform] ?? [])];
  return [...new Set(folders.flatMap((folder) => Bun.which('espeak-ng', { PATH: folder }) ?? []))];
}
