/*
 * Texts that were written for a synthesiser with SSML, or copied from a page. A voice here knows no markup: what stands
 * between the tags is spoken.
 */

/** Comments, declarations and instructions of XML; what is between them is for no listener. */
const HIDDEN = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE\b[^>]*>/gi;
const CDATA = /<!\[CDATA\[([\s\S]*?)\]\]>/gi;
/** A tag with nothing but attributes in it: `a <b and c> d` has none. */
const TAG = /<\/?([a-z][\w:.-]*)(?:\s+[\w:.-]+(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>]+))?)*\s*\/?>/gi;
const ATTRIBUTE_OR_END = /[=/]|^<[^\s]*>$/;
/** Tags that end what was said before them (SSML 1.1, §3.1.8.1 and §3.2.3; HTML's blocks). */
const BREAKS = new Set('speak p s break br div li h1 h2 h3 h4 h5 h6 paragraph sentence voice'.split(' '));
const PARAGRAPH = '\n\n';

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['amp', '&'],
]);
const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi;
const SURROGATES = 0xd800;
const MAX_CODE_POINT = 0x10_ffff;

/** The text without its tags and with its characters written out. A text without markup comes back as it is. */
export function withoutMarkup(text: string): string {
  const plain = text.replaceAll(HIDDEN, '').replaceAll(CDATA, '$1').replaceAll(TAG, pauseOf);
  return plain.replaceAll(ENTITY, character);
}

function pauseOf(tag: string, name: string): string {
  if (!ATTRIBUTE_OR_END.test(tag)) return tag;
  return BREAKS.has(name.toLowerCase()) ? PARAGRAPH : '';
}

function character(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return ENTITIES.get(name.toLowerCase()) ?? entity;
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  return code > 0 && code <= MAX_CODE_POINT && (code & ~0x7ff) !== SURROGATES ? String.fromCodePoint(code) : entity;
}
