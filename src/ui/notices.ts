import { kindName } from '../contract/tasks/index.ts';
import { formatDuration, SECOND_MS } from '../base/units.ts';
import type { ApiJob } from '../local-api/contract/jobs.ts';
import type { Notice } from '../system/desktop/notices/notice.ts';
import { NOTICES } from './words.ts';

/** Which ends of jobs are worth a notice. */
export interface NoticeSettings {
  readonly onCompletion: boolean;
  readonly onFailure: boolean;
}

/** What was shown, and what waits to be shown together. */
export interface NoticeBook {
  /** Milliseconds since the epoch; undefined before the first one. */
  readonly shownAt: number | undefined;
  readonly waiting: readonly ApiJob[];
  /** The last jobs whose end was taken in: more than one event tells of it. */
  readonly seen: readonly string[];
}

/** What to show now, and after how long to ask again for what waits. */
export interface NoticeStep {
  readonly book: NoticeBook;
  readonly notice?: Notice;
  readonly dueInMs?: number;
}

export const NO_NOTICES: NoticeBook = { shownAt: undefined, waiting: [], seen: [] };
/** Two notices are at least so far apart; what ends in between is counted in the next one. */
export const NOTICE_GAP_MS = 30 * SECOND_MS;
const MAX_SEEN = 200;

/** Takes in a job that changed. The first end is shown at once. */
export function noticeAfter(book: NoticeBook, job: ApiJob, settings: NoticeSettings, now: number): NoticeStep {
  const isWanted = isFailed(job) ? settings.onFailure : job.status === 'completed' && settings.onCompletion;
  if (!isWanted || book.seen.includes(job.jobId)) return { book };
  const seen = [...book.seen, job.jobId].slice(-MAX_SEEN);
  return noticeDue({ ...book, seen, waiting: [...book.waiting, job] }, now);
}

/** Shows what waits, if the last notice is long enough ago. */
export function noticeDue(book: NoticeBook, now: number): NoticeStep {
  if (book.waiting.length === 0) return { book };
  const dueInMs = book.shownAt === undefined ? 0 : book.shownAt + NOTICE_GAP_MS - now;
  // A clock that was set back would have it wait for hours.
  if (dueInMs > 0 && dueInMs <= NOTICE_GAP_MS) return { book, dueInMs };
  return { book: { ...book, shownAt: now, waiting: [] }, notice: noticeOf(book.waiting) };
}

/** A result that nobody will have is as good as none. */
const isFailed = ({ status }: ApiJob): boolean => status === 'failed' || status === 'discarded';

function noticeOf(jobs: readonly ApiJob[]): Notice {
  const [only] = jobs;
  const failed = jobs.filter(isFailed);
  const isFailure = failed.length > 0;
  if (only !== undefined && jobs.length === 1) return { ...noticeOfOne(only), isFailure };
  const completed = jobs.length - failed.length;
  const body = [...new Set(jobs.map(({ model }) => model))].join(', ');
  if (!isFailure) return { title: NOTICES.manyCompleted(completed), body, isFailure };
  const title = completed === 0 ? NOTICES.manyFailed(failed.length) : NOTICES.someOf(completed, failed.length);
  return { title, body: failed.at(-1)?.reason ?? body, isFailure };
}

function noticeOfOne(job: ApiJob): Omit<Notice, 'isFailure'> {
  const kind = kindName(job.kind);
  if (isFailed(job)) return { title: NOTICES.failed(kind), body: job.reason ?? NOTICES.noReason };
  const took = formatDuration((job.finishedAt ?? job.startedAt) - job.startedAt);
  return { title: NOTICES.completed(kind), body: NOTICES.took(job.model, took) };
}
