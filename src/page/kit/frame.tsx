import type { ComponentChildren } from 'preact';
import { SHARED, SHELL } from '../words/shared.ts';
import { Icon, type IconName, Sprite } from './icons/icons.tsx';

/** What stands around every window: the icons that all draw from, and the way past the sidebar for who uses no mouse. */
export const Frame = ({ children }: { readonly children: ComponentChildren }) => (
  <>
    <Sprite />
    <a class="skip" href="#main" onClick={skipToMain}>
      {SHARED.skip}
    </a>
    {children}
  </>
);

/** The fragment names a page, so the link itself must not change it. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

interface NavItemProps {
  readonly href: string;
  readonly icon: IconName;
  readonly word: string;
  readonly isCurrent: boolean;
  /** With Control, the key that opens it. */
  readonly digit: number;
  /** A count beside the word. */
  readonly children: ComponentChildren;
}

/** A page of the window, in the sidebar. */
export const NavItem = ({ href, icon, word, isCurrent, digit, children }: NavItemProps) => (
  <a class="nav__item" href={href} aria-current={isCurrent ? 'page' : undefined} aria-keyshortcuts={`Control+${digit}`}>
    <Icon name={icon} />
    <span>{word}</span>
    {children}
    <kbd aria-hidden="true">{SHELL.keys(digit)}</kbd>
  </a>
);

interface CountProps {
  readonly tone?: 'busy' | 'accent';
  readonly many: number;
  /** For a screen reader, which hears no colour. */
  readonly word: string;
}

/** How many of something a page has that a reader may want to see; nothing where there is none. */
export const Count = ({ tone, many, word }: CountProps) =>
  many === 0 ? null : (
    <span class="nav__count" data-tone={tone}>
      {many}
      <span class="visually-hidden">{word}</span>
    </span>
  );
