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
    'nb:no sh:sr hbs:sr cnr:sr iw:he jv:jw in:id ji:yi mo:ro fil:tl cmn:zh zsm:ms arb:ar pes:fa prs:fa ekk:et lvs:lv swh:sw npi:ne uzn:uz khk:mn ' +
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
  ['serbo croatian', 'sr'],
  ['montenegrin', 'sr'],
  ['bahasa indonesia', 'id'],
  ['bahasa melayu', 'ms'],
]);
/** Forms of a language that have an English name of their own: `Brazilian Portuguese`, `Simplified Chinese`. */
const FORMS =
  'ar-001 de-AT de-CH en-AU en-CA en-GB en-US es-419 es-ES es-MX fa-AF fr-CA fr-CH nl-BE pt-BR pt-PT zh-Hans zh-Hant'.split(
    ' ',
  );
/** What libraries put before or behind a name (ISO 639-2): `Greek, Modern`, `Central Khmer`, `Mandarin Chinese`. */
const QUALIFIERS = /\b(?:modern|central|mandarin|standard|literary|language)\b/g;

/** No language has a longer name. */
const MAX_NAME_CHARACTERS = 64;

/** Letters and single blanks alone, so that marks, accents and the order of parts do not matter. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\p{L}]+/gu, ' ')
    .trim();

/** All names, plain, with what they are the names of. Made once somebody asks by one: Unicode knows most of them. */
let codesByName: ReadonlyMap<string, string> | undefined;
function namesOfLanguages(): ReadonlyMap<string, string> {
  const inEnglish = new Intl.DisplayNames(['en'], { type: 'language' });
  const named = [...FORMS, ...LANGUAGES].map(
    (tag) => [plain(inEnglish.of(tag) ?? tag), tag.split('-')[0] ?? tag] as const,
  );
  return new Map([...named, ...OTHER_NAMES]);
}

function namedInEnglish(name: string): string | undefined {
  if (name.length > MAX_NAME_CHARACTERS) return undefined;
  codesByName ??= namesOfLanguages();
  for (const part of partsOf(name)) {
    const code = codesByName.get(part);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** What may be the name: `Chinese (Simplified)` and `Spanish; Castilian` hold more than that. */
function partsOf(name: string): readonly string[] {
  const first = name.replace(/\([^()]*\)\s*$/, '');
  const parts = [name, first, ...first.split(/[;,/]/)].map(plain);
  return [...parts, ...parts.map((part) => plain(part.replaceAll(QUALIFIERS, '')))];
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
