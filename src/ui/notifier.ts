import { errorChain } from '../base/errors.ts';
import type { ApiEvent } from '../local-api/contract/events.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Notices } from '../system/desktop/notices/notice.ts';
import {
  NO_NOTICES,
  noticeAfter,
  type NoticeBook,
  noticeDue,
  type NoticeSettings,
  type NoticeStep,
} from './notices.ts';

export interface NotifierOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly notices: Notices;
  /** As they are now. */
  readonly settings: () => NoticeSettings;
}

/** Tells the desktop of jobs that end. */
export interface Notifier extends Disposable {
  onEvent(event: ApiEvent): void;
}

export function createNotifier({ clock, log, notices, settings }: NotifierOptions): Notifier {
  let book: NoticeBook = NO_NOTICES;
  let disarm = (): void => {};
  function take({ book: next, notice, dueInMs }: NoticeStep): void {
    book = next;
    disarm();
    if (dueInMs !== undefined) disarm = clock.after(dueInMs, () => take(noticeDue(book, clock.now())));
    if (notice === undefined) return;
    void notices.show(notice).catch((thrown: unknown) => log.warn('notice.not-shown', { error: errorChain(thrown) }));
  }
  return {
    onEvent(event) {
      if (event.event === 'job') take(noticeAfter(book, event.data, settings(), clock.now()));
    },
    [Symbol.dispose]() {
      disarm();
      notices[Symbol.dispose]();
    },
  };
}
