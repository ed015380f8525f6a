import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { type WorkerView, WorkerViewSchema } from '../../../../src/contract/operator/views.ts';
import { workerLook } from '../../../../src/page/studio/workers/look.ts';
import { someCapabilities } from '../../../fakes/builders.ts';

const NOW = Date.parse('2026-05-25T12:00:00Z');

const aWorkerView = (about: object): WorkerView =>
  v.parse(WorkerViewSchema, {
    workerId: 'w-1',
    connected: true,
    capabilities: someCapabilities(),
    createdAt: '2026-05-25T11:00:00Z',
    ...about,
  });

test('a worker with one job shows which, and one with several how many', () => {
  const one = { currentJobId: 'job-1', currentJobIds: ['job-1'] };
  expect(workerLook(aWorkerView(one), [], NOW)).toMatchObject({ word: 'Busy', doing: 'job-1' });
  const three = { currentJobId: 'job-1', currentJobIds: ['job-1', 'job-2', 'job-3'] };
  expect(workerLook(aWorkerView({ ...three, maxJobs: 4 }), [], NOW)).toMatchObject({ doing: '3 of 4 jobs' });
  expect(workerLook(aWorkerView(three), [], NOW)).toMatchObject({ doing: '3 jobs' });
});
