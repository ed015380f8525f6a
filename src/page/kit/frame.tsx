import type { ComponentChildren } from 'preact';
import { SHARED } from '../words/shared.ts';
import { Sprite } from './icons/icons.tsx';

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
