/*
 * Names of languages. Whisper's list is the common one: a voice is asked for by the same names as a transcript.
 */

/** In the order of the models' tokens (whisper.cpp, `g_lang`). */
const LANGUAGES =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'.split(
    ' ',
  );
/** Tokens of models that know English only; of those that know a language more than the list once had, the most. */
const ENGLISH_TOKENS = 51_864;
const TOKENS_PER_LANGUAGE = 51_766;

/**
 * Other codes of the same language: the one that ISO 639 has now where Whisper has an older one or the other way round, the
 * form of a language that is written most, and the codes of libraries (ISO 639-2/B).
 */
const OTHER_CODES: ReadonlyMap<string, string> = new Map(
  (
    'nb:no sh:sr iw:he jv:jw in:id ji:yi mo:ro fil:tl cmn:zh zsm:ms arb:ar pes:fa prs:fa ekk:et lvs:lv swh:sw npi:ne uzn:uz khk:mn ' +
    'als:sq azj:az pbt:ps ydd:yi plt:mg hat:ht alb:sq arm:hy baq:eu bur:my chi:zh cze:cs dut:nl fre:fr geo:ka ger:de gre:el ' +
    'ice:is mac:mk mao:mi may:ms per:fa rum:ro slo:sk tib:bo wel:cy'
  )
    .split(' ')
    .map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)]),
);

/** English names beside those that Unicode has for the codes; most are those of Whisper itself. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['mandarin', 'zh'],
  ['bengali', 'bn'],
  ['castilian', 'es'],
  ['valencian', 'ca'],
  ['flemish', 'nl'],
  ['bokmal', 'no'],
  ['norwegian bokmal', 'no'],
  ['nynorsk', 'nn'],
  ['haitian', 'ht'],
  ['letzeburgesch', 'lb'],
  ['pushto', 'ps'],
  ['panjabi', 'pa'],
  ['moldavian', 'ro'],
  ['moldovan', 'ro'],
  ['sinhalese', 'si'],
  ['filipino', 'tl'],
  ['farsi', 'fa'],
  ['dari', 'fa'],
  ['myanmar', 'my'],
]);

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '');

function namedInEnglish(name: string): string | undefined {
  const asked = plain(name.replace(/\s*\([^()]*\)\s*$/, '')); // `Chinese (Simplified)`
  const inEnglish = new Intl.DisplayNames(['en'], { type: 'language' });
  return OTHER_NAMES.get(asked) ?? LANGUAGES.find((code) => plain(inEnglish.of(code) ?? code) === asked);
}

const byCode = (code: string): string | undefined => (LANGUAGES.includes(code) ? code : OTHER_CODES.get(code));

/** The code of two letters where there is one: `de` of `deu`. */
function shortCode(code: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(code)[0];
  } catch {
    return undefined; // it is no language tag
  }
}

/**
 * What Whisper calls a language that is named by a tag such as `de-AT`, by any of its codes, or in English. Undefined when
 * it knows none of that name.
 */
export function languageOf(asked: string): string | undefined {
  const [code = '', extension = ''] = asked.trim().toLowerCase().split(/[-_]/);
  // `zh-yue` and `zh-cmn` are old forms of `yue` and `cmn` (RFC 5646, §2.2.2).
  const extended = /^[a-z]{3}$/.test(extension) ? byCode(extension) : undefined;
  return extended ?? byCode(code) ?? byCode(shortCode(code) ?? '') ?? namedInEnglish(asked);
}

/** The languages of a model with so many tokens: newer ones know more. */
export const languagesOf = (tokens: number): readonly string[] =>
  tokens <= ENGLISH_TOKENS ? ['en'] : LANGUAGES.slice(0, Math.max(1, tokens - TOKENS_PER_LANGUAGE));
