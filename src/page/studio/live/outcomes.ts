import type { Called, FailedCall } from '../../live/call.ts';
import type { ToastShelf } from '../../live/toasts.ts';
import { SHARED } from '../../words/shared.ts';
import type { FormOutcome } from '../outcome.ts';

export interface OutcomeOptions {
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: FailedCall) => string;
}

/** Says in a toast what an action came to, and returns whether it was done. */
export const outcomeOf =
  ({ toasts, because }: OutcomeOptions) =>
  (called: Called<unknown>, done: string, notDone: string): boolean => {
    if (called.is === 'answered') toasts.show('ok', done);
    else toasts.show('bad', SHARED.outcome(notDone, because(called)));
    return called.is === 'answered';
  };

/** A form keeps what was typed and shows the refusal beside it, where a toast would be gone before it is mended. */
export const forForm = <Answer>(
  called: Called<Answer>,
  { because }: Pick<OutcomeOptions, 'because'>,
): FormOutcome<Answer> =>
  called.is === 'answered' ? { is: 'done', answer: called.answer } : { is: 'refused', because: because(called) };
