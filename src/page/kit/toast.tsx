import { SHARED } from '../words/shared.ts';
import { Button } from './button.tsx';
import { Icon } from './icons/icons.tsx';

/** What an action came to. What failed stays until it is closed. */
export interface Toast {
  readonly id: number;
  readonly tone: 'ok' | 'bad';
  readonly say: string;
}

interface ToastsProps {
  readonly toasts: readonly Toast[];
  readonly onDismiss: (id: number) => void;
  /** While the pointer or the focus is on them, they stay. */
  readonly onHold: (held: boolean) => void;
}

/** Always there, so that a screen reader knows the place before something is said in it. */
export const Toasts = ({ toasts, onDismiss, onHold }: ToastsProps) => (
  <div
    class="toasts"
    role="status"
    onMouseEnter={() => onHold(true)}
    onMouseLeave={() => onHold(false)}
    onFocusIn={() => onHold(true)}
    onFocusOut={() => onHold(false)}
  >
    {toasts.map(({ id, tone, say }) => (
      <div key={id} class="toast" data-tone={tone}>
        <Icon name={tone === 'ok' ? 'done' : 'failed'} />
        <span>{say}</span>
        <Button look="quiet" small onPress={() => onDismiss(id)}>
          {SHARED.dismiss}
        </Button>
      </div>
    ))}
  </div>
);
