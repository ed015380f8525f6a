import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { endedRecord } from '../../../src/jobs/job-record.ts';
import type { DeliveryReport } from '../../../src/jobs/delivery-report.ts';
import { createHistory } from '../../../src/worker/history.ts';
import { aJob, anLlmTask } from '../../fakes/builders.ts';

/** A history in which this job made a result. */
function setup(jobId = 'job-1') {
  const history = createHistory();
  const made = (id: string): void =>
    history.onEvent({
      is: 'outcome',
      job: endedRecord({
        job: aJob({ id }),
        startedAt: 0,
        finishedAt: 5,
        is: 'completed',
        result: { is: 'json', value: 1 },
      }),
    });
  const report = (is: DeliveryReport): void => history.onEvent({ is: 'delivery', jobId: toJobId(jobId), report: is });
  made(jobId);
  return { history, made, report, newest: () => history.recent().at(-1) };
}

test('a result counts as made, not delivered, until the studio has it', () => {
  const { report, newest } = setup();
  expect(newest()).toMatchObject({ jobId: 'job-1', status: 'undelivered', finishedAt: 5 });
  report({ is: 'sent' });
  expect(newest()?.status).toBe('undelivered');
  report({ is: 'delivered' });
  expect(newest()?.status).toBe('completed');
});

test('a result on disk says why it waits until it arrives', () => {
  const { report, newest } = setup();
  report({ is: 'kept', because: 'the studio answered 503' });
  expect(newest()).toMatchObject({ status: 'undelivered', reason: 'the studio answered 503' });
  report({ is: 'delivered' });
  expect(newest()?.status).toBe('completed');
});

test('a result that the studio will never have is not called completed', () => {
  const { report, newest } = setup();
  report({ is: 'discarded', because: 'the studio gave this job to another worker' });
  expect(newest()).toMatchObject({
    status: 'discarded',
    reason: 'the studio gave this job to another worker',
  });
});

test('a failed job stays failed whatever becomes of the report', () => {
  const { history, newest } = setup('job-2');
  const error = new WorkerError('engine.failed', 'no', { hint: 'Look at the driver.' });
  const job = aJob({ id: 'job-2' });
  history.onEvent({ is: 'outcome', job: endedRecord({ job, startedAt: 0, finishedAt: 1, is: 'failed', error }) });
  history.onEvent({ is: 'delivery', jobId: job.id, report: { is: 'reported' } });
  expect(newest()).toMatchObject({ status: 'failed', reason: 'no', hint: 'Look at the driver.' });
});

test('the delivery of a job of an earlier run adds nothing', () => {
  const { history } = setup();
  history.onEvent({ is: 'delivery', jobId: toJobId('job-0'), report: { is: 'delivered' } });
  expect(history.recent()).toHaveLength(1);
});

test('the fifty newest jobs are kept, each once', () => {
  const { history, made } = setup('job-1');
  for (let at = 1; at <= 60; at++) made(`job-${at}`);
  made('job-60');
  expect(history.recent()).toHaveLength(50);
  expect(history.recent().at(0)?.jobId).toBe(toJobId('job-11'));
});

test('a record holds no more of the prompt than its preview', () => {
  const job = aJob({ task: anLlmTask('x'.repeat(5_000)) });
  const error = new WorkerError('engine.failed', 'no');
  expect(endedRecord({ job, startedAt: 0, finishedAt: 1, is: 'failed', error }).prompt).toBe(`${'x'.repeat(200)}…`);
});
