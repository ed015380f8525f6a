import { WorkerError } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import type { OfferCounts } from '../rules/rejection-counts.ts';
import type { Explanation } from '../explain.ts';
import { readOffer } from '../read-offer.ts';
import type { WorkerEvents } from '../events.ts';
import type { Obstacle, WorkerStatus } from '../status.ts';
import type { NotLoaded } from '../models/restore.ts';
import type { AnswerOf, AskName, RequestOf, StreamEventOf, StreamName, StreamRequestOf } from './table.ts';
import { logLines, type LogSource } from './log-line.ts';
import type { PauseSwitch } from './pause-switch.ts';
import { watch } from './watch.ts';

/** What a running worker answers once; see the table for what each does. */
export type ControlAnswers = { readonly [N in AskName]: (request: RequestOf<N>) => Promise<AnswerOf<N>> };

/** What it answers with events until the signal aborts. */
export type ControlStreams = {
  readonly [N in StreamName]: (request: StreamRequestOf<N>, signal: AbortSignal) => AsyncIterable<StreamEventOf<N>>;
};

/** All that may be asked of a running worker. Derived from the table, so that nothing in it is left unserved. */
export interface WorkerControl extends ControlAnswers, ControlStreams {}

/** The parts of a running worker that control acts on. */
export interface ControlDeps {
  readonly status: () => WorkerStatus;
  /** What keeps it from jobs. */
  readonly obstacles: () => Promise<readonly Obstacle[]>;
  readonly pauseSwitch: Pick<PauseSwitch, 'set'>;
  readonly reload: () => Promise<void>;
  /** Why it was not loaded; undefined once it is in memory. @throws WorkerError what loading throws */
  readonly load: (request: RequestOf<'load'>) => Promise<NotLoaded | undefined>;
  /** How many models were unloaded, once they are out of memory. */
  readonly unload: (request: RequestOf<'unload'>) => Promise<number>;
  /** False when this job is not running. */
  readonly cancel: (jobId: JobId, reason: WorkerError) => boolean;
  /** Takes in these files of the outbox and starts to deliver; how many were taken in. */
  readonly deliver: (files: readonly string[]) => Promise<number>;
  /** False when no result of this name waits. */
  readonly discard: (file: string) => Promise<boolean>;
  readonly offerCounts: () => OfferCounts;
  readonly explain: (offer: Offer) => Promise<Explanation>;
  /** @throws WorkerError `update.unsupported` and what else checking for an update throws */
  readonly update: (request: RequestOf<'update'>) => Promise<AnswerOf<'update'>>;
  readonly stop: () => void;
  readonly events: Pick<WorkerEvents, 'subscribe'>;
  readonly log: LogSource;
}

/** Control of one running worker. */
export function createWorkerControl(deps: ControlDeps): WorkerControl {
  const claiming = (): AnswerOf<'reload'> => {
    const { enabled, paused } = deps.status();
    return { enabled, paused };
  };
  return {
    status: async () => ({ ...deps.status(), obstacles: await deps.obstacles() }),
    async pause() {
      deps.pauseSwitch.set(true);
      return claiming();
    },
    async resume() {
      deps.pauseSwitch.set(false);
      return claiming();
    },
    async reload() {
      await deps.reload();
      return claiming();
    },
    async load(request) {
      const reason = await deps.load(request);
      return reason === undefined ? { is: 'loaded' } : { is: 'not-loaded', ...reason };
    },
    unload: async (request) => ({ unloaded: await deps.unload(request) }),
    cancel: async ({ jobId }) => ({
      cancelled: deps.cancel(jobId, new WorkerError('job.cancelled', 'the operator cancelled the job')),
    }),
    deliver: async ({ files }) => ({ taken: await deps.deliver(files), waiting: deps.status().outbox.count }),
    discard: async ({ file }) => ({ discarded: await deps.discard(file) }),
    offers: async () => deps.offerCounts(),
    explain: async ({ offer }) => await deps.explain(readOffer(offer)),
    async stop() {
      deps.stop();
      return { stopping: true };
    },
    subscribe: (_request, signal) => watch(deps.events, signal),
    logs: (request, signal) => logLines(deps.log, request, signal),
    update: async (request) => await deps.update(request),
  };
}
