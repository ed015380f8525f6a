import { expect, test } from 'bun:test';
import { GIB } from '../../../src/base/units.ts';
import { measure } from '../../../src/local-api/metrics/measured.ts';
import type { WorkerStatus } from '../../../src/worker/status.ts';
import { FOUR_GPUS } from '../../fakes/engines/gpu-access.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import { aLoadedModel, aRunningJob, aWorker } from '../cli/a-worker.ts';

const JOB = aRunningJob();
const MODEL = aLoadedModel();

/** The values of one measure of a worker on a machine with these GPUs. */
const valuesOf = (name: string, status: Partial<WorkerStatus>, gpus = FOUR_GPUS) =>
  measure({
    facts: {
      status: aWorker(status),
      studioUrl: '',
      localApiUrl: '',
      machineName: 'box',
      session: { connectedAt: 0, retryAt: 0, reconnects: 0, heartbeat: null },
      offers: { offers: 0, accepted: 0, rejections: [] },
      memory: { at: 0, report: { ...reportOf(aGpu(0)), gpus } },
      day: { hours: [], completed: 0, failed: 0, cancelled: 0, busyShare: 0 },
      logsSeq: 0,
      progressOf: () => undefined,
      hasThumbnail: () => false,
      resultOf: () => undefined,
      previewsOf: () => undefined,
    },
    usage: { residentBytes: 0, cpuSeconds: 0 },
    pullsRunning: 0,
  }).find((one) => one.name === name)?.values;

test('running jobs are counted on the GPU they were placed on', () => {
  const runningJobs = [{ ...JOB, gpu: 'RTX 4090 #2' }, JOB];
  expect(valuesOf('gpu_jobs_running', { runningJobs })?.map(({ labels, value }) => [labels?.['gpu'], value])).toEqual([
    ['0', 0],
    ['1', 0],
    ['2', 1],
    ['3', 0],
  ]);
  expect(valuesOf('gpu_jobs_running', { runningJobs }, [aGpu(0)])).toEqual([]);
});

test('the memory of a model is measured with its GPU, where it has one', () => {
  const models = [{ ...MODEL, gpu: 'RTX 4090 #3' }, MODEL];
  expect(valuesOf('model_memory_bytes', { models })).toEqual([
    { labels: { model: 'fox', engine: 'sd-cpp', gpu: '3' }, value: 8 * GIB },
    { labels: { model: 'fox', engine: 'sd-cpp' }, value: 8 * GIB },
  ]);
});
