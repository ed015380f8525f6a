import { expect } from 'bun:test';
import { readFileSync } from 'node:fs';
import { openDictionary } from '../../../../../src/engines/piper/binding.ts';
import { sayClause } from '../../../../../src/engines/piper/english/clause.ts';
import { needs } from '../../../../needs.ts';

/** The most frequent words of American films (SUBTLEX-US), without parts of contractions and swear words. */
const WORDS = readFileSync('tests/fixtures/english/frequent-words.txt', 'utf8').trim().split('\n');
/** Of espeak-ng 1.51, whose phonemes change little from release to release. */
const LEAST_SHARE = { 'en-us': 0.93, 'en-gb': 0.91 };

/** What espeak-ng says for each of these words alone. */
async function espeakWords(voice: string): Promise<readonly string[]> {
  const child = Bun.spawn(['espeak-ng', '-q', '--ipa', '-v', voice, '--stdin'], {
    stdin: new Blob([WORDS.join('\n\n')]),
    stdout: 'pipe',
  });
  const lines = (await new Response(child.stdout).text()).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

for (const [voice, accent] of [
  ['en-us', 'american'],
  ['en-gb', 'british'],
] as const) {
  needs('espeak-ng')(`nine of ten frequent words have the very phonemes of espeak-ng's ${voice}`, async () => {
    const dictionary = await openDictionary();
    const theirs = await espeakWords(voice);
    expect(theirs.length).toBe(WORDS.length);
    const same = WORDS.filter((word, at) => sayClause(word, dictionary, accent) === theirs[at]);
    expect(same.length / WORDS.length).toBeGreaterThan(LEAST_SHARE[voice]);
  });
}
