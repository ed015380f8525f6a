import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ApiJob } from '../../../src/local-api/contract/jobs.ts';
import { NO_NOTICES, NOTICE_GAP_MS, noticeAfter, type NoticeBook, noticeDue } from '../../../src/ui/notices.ts';
import { LIGHTHOUSE } from '../../page/fixtures.ts';

const NOW = Date.UTC(2026, 4, 25, 12);
const BOTH = { onCompletion: true, onFailure: true };
const aJob = (jobId: string, about: Partial<ApiJob> = {}): ApiJob => ({
  ...LIGHTHOUSE,
  jobId,
  kind: 'image',
  model: 'flux',
  status: 'completed',
  startedAt: NOW - 12_000,
  finishedAt: NOW,
  ...about,
});
const FAILED = { status: 'failed', reason: 'out of memory' } as const;

test('each kind of end is shown only where it is asked for', () => {
  const shows = (about: Partial<ApiJob>, settings: typeof BOTH): boolean =>
    noticeAfter(NO_NOTICES, aJob('a', about), settings, NOW).notice !== undefined;
  const [neither, completed, failed] = [
    { onCompletion: false, onFailure: false },
    { onCompletion: true, onFailure: false },
    { onCompletion: false, onFailure: true },
  ];
  expect([neither, completed, failed].map((settings) => shows({}, settings))).toEqual([false, true, false]);
  expect([neither, completed, failed].map((settings) => shows(FAILED, settings))).toEqual([false, false, true]);
  expect(shows({ status: 'discarded' }, failed)).toBe(true);
  for (const status of ['running', 'undelivered', 'cancelled'] as const) expect(shows({ status }, BOTH)).toBe(false);
});

test('a notice names the kind, the model and the time, or the reason', () => {
  expect(noticeAfter(NO_NOTICES, aJob('a'), BOTH, NOW).notice).toEqual({
    title: 'Image completed',
    body: 'flux, 12.0 s',
    isFailure: false,
  });
  expect(noticeAfter(NO_NOTICES, aJob('a', FAILED), BOTH, NOW).notice).toEqual({
    title: 'Image failed',
    body: 'out of memory',
    isFailure: true,
  });
});

test('what ends soon after a notice is counted in the next one', () => {
  let book: NoticeBook = noticeAfter(NO_NOTICES, aJob('a'), BOTH, NOW).book;
  const held = noticeAfter(book, aJob('b'), BOTH, NOW + 1_000);
  expect(held).toMatchObject({ dueInMs: NOTICE_GAP_MS - 1_000 });
  expect(held.notice).toBeUndefined();
  ({ book } = noticeAfter(held.book, aJob('c', { ...FAILED, model: 'wan' }), BOTH, NOW + 2_000));
  const due = noticeDue(book, NOW + NOTICE_GAP_MS);
  expect(due.notice).toEqual({ title: '1 job completed, 1 failed', body: 'out of memory', isFailure: true });
  expect(noticeDue(due.book, NOW + 2 * NOTICE_GAP_MS).notice).toBeUndefined();
});

test('several ends of one kind are counted', () => {
  const shown = noticeAfter(NO_NOTICES, aJob('a'), BOTH, NOW).book;
  const after = (about: Partial<ApiJob>) => {
    const one = noticeAfter(shown, aJob('b', about), BOTH, NOW + 1);
    return noticeDue(noticeAfter(one.book, aJob('c', about), BOTH, NOW + 2).book, NOW + NOTICE_GAP_MS).notice;
  };
  expect(after({})).toEqual({ title: '2 jobs completed', body: 'flux', isFailure: false });
  expect(after(FAILED)).toMatchObject({ title: '2 jobs failed', body: 'out of memory' });
});

test('several events of one end make one notice', () => {
  const { book } = noticeAfter(NO_NOTICES, aJob('a'), BOTH, NOW);
  expect(noticeAfter(book, aJob('a', { hasThumbnail: true }), BOTH, NOW + 60_000)).toEqual({ book });
});

test('a clock that is set back holds no notice for longer than the gap', () => {
  const { book } = noticeAfter(NO_NOTICES, aJob('a'), BOTH, NOW);
  expect(noticeAfter(book, aJob('b'), BOTH, NOW - 3_600_000).notice).toBeDefined();
});

test('any run of ends is shown in full, and never twice within the gap', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20_000 }), { maxLength: 40 }), (gaps) => {
      let [book, now, dueAt]: [NoticeBook, number, number | undefined] = [NO_NOTICES, NOW, undefined];
      const shownAt: number[] = [];
      const take = (step: ReturnType<typeof noticeDue>, at: number): void => {
        ({ book } = step);
        dueAt = step.dueInMs === undefined ? undefined : at + step.dueInMs;
        if (step.notice !== undefined) shownAt.push(at);
      };
      for (const [index, gap] of gaps.entries()) {
        if (dueAt !== undefined && dueAt <= now + gap) take(noticeDue(book, dueAt), dueAt);
        now += gap;
        take(noticeAfter(book, aJob(`job-${index}`), BOTH, now), now);
      }
      if (dueAt !== undefined) take(noticeDue(book, dueAt), dueAt);
      expect(book.waiting).toEqual([]);
      expect(shownAt.filter((at, index) => index > 0 && at - shownAt[index - 1]! < NOTICE_GAP_MS)).toEqual([]);
    }),
  );
});
