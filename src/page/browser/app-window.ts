/*
 * A window of its own, without the browser's bars. It has no Back button, and a page may close its window only while the
 * window's history has one entry. So each step takes the place of the last one there, and the way back is kept here.
 */

interface Trail {
  readonly back: string[];
  readonly forward: string[];
}

/** Steps of a page in such a window; undefined in a tab of a browser, which keeps them itself. */
export function openAppWindow(): { readonly push: (fragment: string) => void } | undefined {
  if (!matchMedia('(display-mode: standalone)').matches) return undefined;
  const trail: Trail = { back: [], forward: [] };
  const push = (fragment: string): void => {
    trail.back.push(location.hash);
    trail.forward.length = 0;
    show(fragment);
  };
  document.addEventListener('click', (event) => followLink(event, push));
  document.addEventListener('keydown', (event) => {
    const step = stepOf(event);
    if (step !== undefined && !event.defaultPrevented) move(trail, step);
  });
  document.addEventListener('mouseup', ({ button }) => {
    if (button === MOUSE_BACK || button === MOUSE_FORWARD) move(trail, button === MOUSE_BACK ? 'back' : 'forward');
  });
  return { push };
}

const MOUSE_BACK = 3;
const MOUSE_FORWARD = 4;

function show(fragment: string): void {
  history.replaceState(null, '', fragment === '' ? '#' : fragment);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

function move(trail: Trail, to: keyof Trail): void {
  const fragment = trail[to].pop();
  if (fragment === undefined) return;
  trail[to === 'back' ? 'forward' : 'back'].push(location.hash);
  show(fragment);
}

/** A link to another page of this window, followed as the browser would. */
function followLink(event: MouseEvent, push: (fragment: string) => void): void {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link === null || !isPlain || event.defaultPrevented) return;
  event.preventDefault();
  push(link.getAttribute('href') ?? '');
}

/** The keys of a browser: Alt and an arrow, or Command and a bracket on a Mac. Where somebody types they move the caret. */
function stepOf({ key, altKey, metaKey, target }: KeyboardEvent): keyof Trail | undefined {
  const isTyping = target instanceof HTMLElement && target.matches('input, select, textarea');
  if (key === 'BrowserBack' || (altKey && key === 'ArrowLeft' && !isTyping) || (metaKey && key === '[')) return 'back';
  if (key === 'BrowserForward' || (altKey && key === 'ArrowRight' && !isTyping) || (metaKey && key === ']')) {
    return 'forward';
  }
  return undefined;
}
