import { expect, test } from 'bun:test';
import { daysOf, filterJobs, NO_FILTER } from '../../../../src/page/worker/jobs/filter.ts';
import { jobLook, thumbnailOf, titleOf, troubleOf } from '../../../../src/page/worker/jobs/looks.ts';
import { ENDED, FAILED, LIGHTHOUSE, RUNNING } from '../../../page/fixtures.ts';

const ids = (jobs: readonly { readonly jobId: string }[]): readonly string[] => jobs.map(({ jobId }) => jobId);

test('a running job is not in the list of those that ended', () => {
  expect(filterJobs([RUNNING, LIGHTHOUSE], NO_FILTER)).toEqual([LIGHTHOUSE]);
});

test('source, kind and outcome each narrow the list', () => {
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, source: 'local' }))).toEqual(['job-local-7']);
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, kind: 'mesh' }))).toEqual(['job-9e0390']);
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, outcome: 'failed' }))).toEqual([FAILED.jobId]);
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, outcome: 'cancelled' }))).toEqual(['job-9e0341']);
});

test('the search finds prompts, models and ids, whatever their case', () => {
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, search: ' LIGHTHOUSE ' }))).toEqual([LIGHTHOUSE.jobId]);
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, search: 'trellis' }))).toEqual(['job-9e0390']);
  expect(ids(filterJobs(ENDED, { ...NO_FILTER, search: 'local-7' }))).toEqual(['job-local-7']);
});

test('jobs stand under the day on which they ended', () => {
  const noon = new Date(2026, 10, 28, 12).getTime();
  const at = (hoursAgo: number) => ({ ...LIGHTHOUSE, finishedAt: noon - hoursAgo * 3_600_000 });
  const days = daysOf([at(1), at(2), at(20), at(60)], noon);
  expect(days.map(({ title, jobs }) => [title, jobs.length])).toEqual([
    ['Today, 2 jobs', 2],
    ['Yesterday, 1 job', 1],
    ['26 Nov, 1 job', 1],
  ]);
});

test('a job that did not end well says why in its row', () => {
  expect(troubleOf(LIGHTHOUSE)).toBe(undefined);
  expect(troubleOf(FAILED)).toStartWith('Failed: there is not enough GPU memory');
  expect(troubleOf({ ...FAILED, status: 'undelivered', reason: 'the studio answered 503' })).toBe(
    'Not delivered yet: the studio answered 503',
  );
  expect(jobLook(FAILED)).toEqual({ tone: 'bad', icon: 'failed', word: 'Failed' });
});

test('a small picture is asked for only where there is one', () => {
  expect(thumbnailOf(LIGHTHOUSE)).toBe('/jobs/job-9e0417/thumbnail');
  expect(thumbnailOf({ ...LIGHTHOUSE, jobId: 'a/b' })).toBe('/jobs/a%2Fb/thumbnail');
  expect(thumbnailOf(FAILED)).toBe(undefined);
  expect(titleOf({ ...LIGHTHOUSE, prompt: '' })).toBe('Without a prompt');
});

test('each preview of a running job is an image of its own', () => {
  const running = { ...RUNNING, jobId: 'job-1', hasThumbnail: true };
  expect(thumbnailOf({ ...running, previews: 1 })).toBe('/jobs/job-1/thumbnail?preview=1');
  expect(thumbnailOf({ ...running, previews: 2 })).toBe('/jobs/job-1/thumbnail?preview=2');
});
