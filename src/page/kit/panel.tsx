import type { ComponentChildren } from 'preact';
import { Glyph, type GlyphName } from './icons/icons.tsx';
import type { Tone } from './tones.ts';

interface PanelProps {
  readonly children: ComponentChildren;
  readonly title?: string;
  /** Named for a screen reader, where there is no title to see. */
  readonly label?: string;
  /** On the right of the title. */
  readonly aside?: ComponentChildren;
  readonly id?: string;
  readonly tone?: Tone;
  /** Data as of an earlier moment. */
  readonly stale?: boolean;
}

/** A part of a page. */
export const Panel = ({ children, title, label, aside, id, tone, stale = false }: PanelProps) => (
  <section class={stale ? 'panel stale' : 'panel'} id={id} aria-label={label ?? title} data-tone={tone}>
    {title !== undefined && (
      <div class="panel__head">
        <h2>{title}</h2>
        {aside !== undefined && <div class="push line">{aside}</div>}
      </div>
    )}
    {children}
  </section>
);

interface HeroProps {
  readonly tone: Tone;
  readonly glyph: GlyphName;
  readonly word: string;
  readonly sentence: string;
  /** What runs now, beside it. */
  readonly now?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The page's one big statement. */
export const Hero = ({ tone, glyph, word, sentence, now, children }: HeroProps) => (
  <section class="panel" aria-label={word} data-tone={tone}>
    <div class={now === undefined ? 'hero' : 'hero hero--now'}>
      <div class="hero__tile">
        <Glyph name={glyph} large />
      </div>
      <div>
        <h2>{word}</h2>
        <p class="t2">{sentence}</p>
      </div>
      {now !== undefined && <div class="hero__now">{now}</div>}
    </div>
    {children}
  </section>
);

/** A term and its value; `after` says more of it in a paler text. */
export interface Fact {
  readonly term: string;
  readonly value: ComponentChildren;
  readonly after?: ComponentChildren;
  /** On the right, as far as there is space. */
  readonly link?: ComponentChildren;
}

export type FactsLook = '2' | 'end' | 'tight' | 'copy';

export const Facts = ({ facts, look }: { readonly facts: readonly Fact[]; readonly look?: FactsLook }) => (
  <dl class={look === undefined ? 'facts' : `facts facts--${look}`}>
    {facts.flatMap(({ term, value, after, link }) => [
      <dt key={term}>{term}</dt>,
      <dd key={`${term}=`}>
        {value}
        {after !== undefined && <span class="t3"> {after}</span>}
        {link}
      </dd>,
    ])}
  </dl>
);

/** A page's head and body. `fill`: the body fills the window and scrolls in its panes. */
export interface PageProps {
  readonly title: string;
  readonly head?: ComponentChildren;
  readonly fill?: boolean;
  /** With a row of its own above the panes. */
  readonly lead?: boolean;
  /** Below the body, at the bottom of the window. */
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}

export const Page = ({ title, head, fill = false, lead = false, foot, children }: PageProps) => (
  <main class={fill ? 'page page--fill' : 'page'} id="main" tabIndex={-1}>
    <header class="page__head">
      <h1>{title}</h1>
      {head}
    </header>
    <div class={lead ? 'page__body page__body--lead' : 'page__body'}>{children}</div>
    {foot}
  </main>
);
