import type { ComponentChildren } from 'preact';
import { type GlyphName, Glyph, Icon, type IconName } from './icons/icons.tsx';
import type { Tone } from './tones.ts';

interface BadgeProps {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly children: ComponentChildren;
  /** Without a ground, as in a row. */
  readonly plain?: boolean;
}

/** A shape and a word in the colour of a state. */
export const Badge = ({ tone, icon, plain = false, children }: BadgeProps) => (
  <span class={plain ? 'badge badge--plain' : 'badge'} data-tone={tone}>
    <Icon name={icon} />
    {children}
  </span>
);

/** The shape alone where there is no space for the word, which a screen reader and the pointer still get. */
export const MuteBadge = ({
  tone,
  icon,
  word,
}: {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}) => (
  <span class="badge badge--plain" data-tone={tone} title={word}>
    <Icon name={icon} />
    <span class="visually-hidden">{word}</span>
  </span>
);

export const StateBadge = ({
  tone,
  glyph,
  word,
}: {
  readonly tone: Tone;
  readonly glyph: GlyphName;
  readonly word: string;
}) => (
  <span class="badge" data-tone={tone}>
    <Glyph name={glyph} />
    {word}
  </span>
);

export const Chip = ({ tone, children }: { readonly tone?: Tone; readonly children: ComponentChildren }) => (
  <span class="chip" data-tone={tone}>
    {children}
  </span>
);
