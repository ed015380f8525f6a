import type { ComponentChildren } from 'preact';
import { ICONS } from './drawings.tsx';
import { GLYPHS } from './glyphs.tsx';

/*
 * The drawings, 16 px wide, in the text's colour. They stand once at the top of the page, and each use refers to one.
 */

export type IconName = keyof typeof ICONS;
export type GlyphName = keyof typeof GLYPHS;

/** To be put at the top of the page, once. */
export const Sprite = () => (
  <svg class="sprite" aria-hidden="true">
    {symbols('i', ICONS)}
    {symbols('s', GLYPHS)}
  </svg>
);

const symbols = (prefix: string, drawings: Readonly<Record<string, ComponentChildren>>) =>
  Object.entries(drawings).map(([name, drawing]) => (
    <symbol key={name} id={`${prefix}-${name}`} viewBox="0 0 16 16">
      {drawing}
    </symbol>
  ));

/** A picture beside a word; never alone. */
export const Icon = ({ name, small = false }: { readonly name: IconName; readonly small?: boolean }) => (
  <svg class={small ? 'icon icon--sm' : 'icon'} aria-hidden="true">
    <use href={`#i-${name}`} />
  </svg>
);

export const Glyph = ({ name, large = false }: { readonly name: GlyphName; readonly large?: boolean }) => (
  <svg class={large ? 'glyph glyph--lg' : 'glyph'} aria-hidden="true">
    <use href={`#s-${name}`} />
  </svg>
);

/** The product's mark: a frame that work comes into and goes out of. The studio's is of another colour. */
export const Mark = ({ studio = false }: { readonly studio?: boolean }) => (
  <svg class={studio ? 'mark mark--studio' : 'mark'} viewBox="0 0 64 64" aria-hidden="true">
    <rect class="mark__tile" x="2" y="2" width="60" height="60" rx="14" />
    <path
      d="M30 17h-7a7 7 0 0 0-7 7v17a7 7 0 0 0 7 7h17a7 7 0 0 0 7-7v-7"
      fill="none"
      class="mark__frame"
      stroke-width="5.5"
      stroke-linecap="round"
    />
    <rect class="mark__work" x="35" y="14" width="15" height="15" rx="4.5" />
  </svg>
);
