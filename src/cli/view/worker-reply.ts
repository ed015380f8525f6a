import type { ControlResult } from '../../worker/control/client.ts';
import { onOneLine } from './text-width.ts';

/** What a command that changed the config prints of the running worker as JSON. */
export const reloadFacts = (asked: ControlResult<unknown>): Readonly<Record<string, unknown>> => ({
  workerTold: asked.is === 'answered',
  ...failureFacts(asked),
});

/** Why a worker that runs did not do what it was asked for; nothing when it did, or when there is none. */
export const failureFacts = (asked: ControlResult<unknown>): Readonly<Record<string, unknown>> =>
  asked.is === 'failed' ? { workerError: { code: asked.error.code, message: asked.error.message } } : {};

/** The same in words, as the end of a sentence on what was saved. Whoever serves the socket chose some of them. */
export function reloadText(asked: ControlResult<unknown>): string {
  switch (asked.is) {
    case 'answered':
      return 'applied to the running worker';
    case 'not-running':
      return 'no worker is running; applies at the next start';
    case 'failed':
      return onOneLine(
        `saved, but not applied: ${asked.error.message}. ${asked.error.hint ?? 'Restart the worker to apply it.'}`,
      );
    default:
      return asked satisfies never;
  }
}
