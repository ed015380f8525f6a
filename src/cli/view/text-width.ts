import { CONTROLS, ESCAPES } from '../../base/foreign-text.ts';

/** Takes two columns: East Asian wide and full-width letters (Unicode Annex 11, main blocks), and pictures. */
const WIDE =
  /^(?:[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\p{Emoji}\uFE0F)/u;
const INVISIBLE = /^[\p{Mark}\p{Format}]+$/u;

let segmenter: Intl.Segmenter | undefined;
/** Made with the first text: that takes longer than all else a command loads. */
const graphemesOf = (text: string): Intl.Segments =>
  (segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })).segment(text);

/** Columns that a text takes on a terminal, near enough for a table. Colours take none. */
export function textWidth(text: string): number {
  const shown = text.replaceAll(ESCAPES, '');
  let width = 0;
  for (const { segment } of graphemesOf(shown)) width += widthOf(segment);
  return width;
}

const widthOf = (grapheme: string): number => (INVISIBLE.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1);

/** Cut to so many columns, with `…` in the last one when something is missing. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += widthOf(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : '';
}

/** Filled up with spaces to so many columns. */
export const padToWidth = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - textWidth(text)));

/** Foreign text on one line, without anything that could move a cursor, recolour the screen or reorder letters. */
export const onOneLine = (text: string): string => text.replaceAll(ESCAPES, '').replaceAll(CONTROLS, ' ').trim();
