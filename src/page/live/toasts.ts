import { type ReadonlySignal, signal } from '@preact/signals';
import { SECOND_MS } from '../../base/units.ts';
import type { Browser } from '../browser/browser.ts';
import type { Toast } from '../kit/toast.tsx';

/** What went well is gone after this; what failed stays until it is closed. */
const OK_MS = 6 * SECOND_MS;
const MAX_TOASTS = 3;

export interface ToastShelf {
  readonly toasts: ReadonlySignal<readonly Toast[]>;
  readonly show: (tone: Toast['tone'], say: string) => void;
  readonly dismiss: (id: number) => void;
  /** While they are held, none goes by itself. */
  readonly hold: (held: boolean) => void;
}

/** The messages of a window. */
export function createToasts(browser: Pick<Browser, 'after'>): ToastShelf {
  const toasts = signal<readonly Toast[]>([]);
  let lastId = 0;
  let isHeld = false;
  const dismiss = (id: number): void => void (toasts.value = toasts.value.filter((toast) => toast.id !== id));
  const goLater = (id: number): void => void browser.after(OK_MS, () => (isHeld ? goLater(id) : dismiss(id)));
  return {
    toasts,
    show(tone, say) {
      lastId += 1;
      toasts.value = [...toasts.value, { id: lastId, tone, say }].slice(-MAX_TOASTS);
      if (tone === 'ok') goLater(lastId);
    },
    dismiss,
    hold: (held) => void (isHeld = held),
  };
}
