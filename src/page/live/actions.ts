import type { RouteName } from '../../local-api/contract/routes.ts';
import type { Browser } from '../browser/browser.ts';
import { OUTCOMES, SHARED } from '../words/shared.ts';
import type { JobLogAnswer, PageActions } from '../worker/model.ts';
import { call, type FailedCall } from './call.ts';
import type { ToastShelf } from './toasts.ts';

interface WorkerActionsOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: FailedCall) => string;
}

type WorkerActions = Pick<PageActions, 'pause' | 'resume' | 'cancelJob' | 'askAgain' | 'readJobLog'>;

/** Why something was not done, in words. `onSignedOut`: the worker does not know this window any more. */
export const reasonsFor =
  (onSignedOut: () => void) =>
  (failed: FailedCall): string => {
    if (failed.is === 'unreachable') return OUTCOMES.unreachable;
    if (failed.status !== 401) return failed.message;
    onSignedOut();
    return OUTCOMES.signedOut;
  };

/** What a window asks of the worker. What changes is told by its events; a toast says what came of the question. */
export function createActions({ browser, toasts, because }: WorkerActionsOptions): WorkerActions {
  /** Asks, and says whether it was done. */
  const tell = async (name: RouteName, done: string, notDone: string): Promise<void> => {
    const called = await call(browser, name);
    if (called.is === 'answered') toasts.show('ok', done);
    else toasts.show('bad', SHARED.outcome(notDone, because(called)));
  };
  return {
    pause: () => tell('pause', OUTCOMES.paused, OUTCOMES.notPaused),
    resume: () => tell('resume', OUTCOMES.resumed, OUTCOMES.notResumed),
    askAgain: () => tell('resetRegistration', OUTCOMES.askedAgain, OUTCOMES.notAskedAgain),
    async cancelJob(id) {
      const called = await call(browser, 'cancelJob', { params: { id } });
      if (called.is !== 'answered') {
        return toasts.show('bad', SHARED.outcome(OUTCOMES.notHandedBack, because(called)));
      }
      toasts.show('ok', called.answer.cancelled ? OUTCOMES.handedBack : OUTCOMES.alreadyEnded);
    },
    async readJobLog(id): Promise<JobLogAnswer> {
      const called = await call(browser, 'jobLog', { params: { id } });
      if (called.is === 'answered') return { is: 'log', log: called.answer };
      return { is: called.is === 'refused' && called.status === 404 ? 'gone' : 'unreachable' };
    },
  };
}
