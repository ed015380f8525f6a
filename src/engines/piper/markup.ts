/*
 * Texts that were written for a synthesiser with SSML, or copied from a page. A voice here knows no markup: what stands
 * between the tags is spoken.
 */

/** Comments, declarations and instructions of XML, and elements for programs; what is in them is for no listener. */
const HIDDEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE\b[^>]*>|<(script|style|metadata|template)\b[^<>]*(?<!\/)>[\s\S]*?<\/\1\s*>/gi;
/** What is said in place of what is written (SSML 1.1, §3.1.11). */
const SUBSTITUTE = /<sub\s+alias\s*=\s*(?:"([^"<]*)"|'([^'<]*)')\s*>[^<]*<\/sub\s*>/gi;
const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/gi;
/** A tag with nothing but attributes in it: `a <b and c> d` has none. */
const TAG = /<\/?([a-z][\w:.-]*)(?:\s+[\w:.-]+(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>]+))?)*\s*\/?>/gi;
const ATTRIBUTE_OR_END = /[=/]|^<[^\s]*>$/;
/** Tags that end what was said before them (SSML 1.1, §3.1.8.1 and §3.2.3; HTML's blocks). */
const BREAKS = new Set('speak p s break br div li h1 h2 h3 h4 h5 h6 paragraph sentence voice'.split(' '));
const PARAGRAPH = '\n\n';

/** The names of U+00A1 to U+00FF in their order (HTML 4.01, §24.2.1). Case matters: one is É, the other é. */
const LATIN_1 =
  'iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot ' +
  'cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc ' +
  'Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute ' +
  'THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ' +
  'ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
const FIRST_LATIN_1 = 0xa1;

/** Of the other names those that stand in texts: marks, blanks, and letters of Latin alphabets. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...LATIN_1.split(' ').map((name, at) => [name, String.fromCharCode(FIRST_LATIN_1 + at)] as const),
  ...'lt< gt> quot" apos\' amp& ndash– mdash— lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ lsaquo‹ rsaquo› hellip… bull• euro€ trade™ minus− OEligŒ oeligœ ScaronŠ scaronš YumlŸ'
    .split(' ')
    .map((pair) => [pair.slice(0, -1), pair.slice(-1)] as const),
  ...['nbsp', 'ensp', 'emsp', 'thinsp'].map((name) => [name, ' '] as const),
]);
const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}[123]?[24]?));/gi;
const SURROGATES = 0xd800;
const MAX_CODE_POINT = 0x10_ffff;

/** The text without its tags and with its characters written out. A text without markup comes back as it is. */
export function withoutMarkup(text: string): string {
  const shown = text.replaceAll(HIDDEN, '').replaceAll(SUBSTITUTE, '$1$2');
  const plain = shown.replaceAll(CDATA, '$1').replaceAll(TAG, pauseOf);
  return plain.replaceAll(ENTITY, character);
}

function pauseOf(tag: string, name: string): string {
  if (!ATTRIBUTE_OR_END.test(tag)) return tag;
  return BREAKS.has(name.toLowerCase()) ? PARAGRAPH : '';
}

function character(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return ENTITIES.get(name) ?? ENTITIES.get(name.toLowerCase()) ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0 && code <= MAX_CODE_POINT && (code & ~0x7ff) !== SURROGATES ? String.fromCodePoint(code) : entity;
}
