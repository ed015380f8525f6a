import { createRing } from '../../src/log/ring.ts';
import { WorkerError } from '../../src/base/errors.ts';
import { type ControlClient, createControlClient } from '../../src/worker/control/client.ts';
import { type ControlDeps, createWorkerControl, type WorkerControl } from '../../src/worker/control/control.ts';
import { createWorkerEvents, type WorkerEvents } from '../../src/worker/events.ts';
import { repliesTo } from '../../src/worker/control/replies.ts';
import type { WorkerStatus } from '../../src/worker/status.ts';
import { recordingLogger } from './recording-logger.ts';

export interface AControl {
  readonly control: WorkerControl;
  readonly did: readonly string[];
  /** What happens in it. */
  readonly events: WorkerEvents;
}

/** Control of a worker that is nothing but a status and a list of what was done to it. */
export function aControl(status: WorkerStatus, over: Partial<ControlDeps> = {}): AControl {
  const did: string[] = [];
  let { paused } = status;
  const events = createWorkerEvents(recordingLogger());
  const control = createWorkerControl({
    status: () => ({ ...status, paused }),
    obstacles: async () => status.obstacles ?? [],
    pauseSwitch: { set: (next) => void (paused = next) },
    reload: async () => void did.push('reload'),
    load: async ({ model }) => void did.push(`load ${model}`),
    unload: async ({ model }) => did.push(`unload ${model}`),
    cancel: (jobId) => status.runningJobs.some((job) => job.jobId === jobId),
    deliver: async (files) => did.push(`deliver ${files.join(' ')}`),
    discard: async (file) => did.push(`discard ${file}`) > 0,
    offerCounts: () => ({ offers: 0, accepted: 0, rejections: [] }),
    explain: () => Promise.resolve({ verdict: 'taken', because: '', rules: [] }),
    update: async ({ version = '0.6.0' }) => {
      did.push(`update ${version}`);
      return { is: 'updating', version };
    },
    stop: () => void did.push('stop'),
    events,
    log: { ring: createRing(10), onLine: () => () => {} },
    ...over,
  });
  return { control, did, events };
}

/** What JSON makes of a value on its way to another process. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** A client of a worker in this process; requests and replies travel as text. Without one, nobody is there. */
export const clientOf = (control: WorkerControl | undefined, config = '/etc/worker/config.toml'): ControlClient =>
  createControlClient(async function* (request, { signal = new AbortController().signal }) {
    if (control === undefined) throw new WorkerError('worker.not-running', 'nobody is there');
    for await (const reply of repliesTo(control, { is: 'read', value: asJson(request) }, signal)) yield asJson(reply);
  }, config);

/** A client of somebody who answers everything with these values. */
export const clientOfReplies = (...replies: readonly unknown[]): ControlClient =>
  createControlClient(async function* () {
    yield* replies;
  }, '/etc/worker/config.toml');
