import { errorChain, WorkerError } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { JsonValue } from '../../base/json.ts';
import type { HeartbeatAck, Welcome } from '../../contract/frames/inbound.ts';
import { fail } from '../../contract/frames/outbound.ts';
import { RAN_ON } from '../../contract/results.ts';
import type { JobOutcome } from '../../jobs/job.ts';
import { type Background, createBackground } from './background.ts';
import type { DeliveryReport } from '../../jobs/delivery-report.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryDeps } from './deps.ts';
import { createJsonResults, type JsonResults } from './json-results.ts';
import { deliverArtifact } from './upload.ts';

/** Delivery that follows the session: the studio's frames decide what may be sent again and what is done with. */
export interface SessionDelivery extends Delivery {
  onWelcome(welcome: Welcome): void;
  onLost(): void;
  onAck(ack: { readonly type: 'completeAck' | 'failAck'; readonly jobId: JobId }): void;
  /** To be called after the claims were updated by it, so that a reclaimed job's frame may pass. */
  onHeartbeatAck(ack: HeartbeatAck): void;
  /** Whether a result would be lost with the session. */
  hasUnkept(): boolean;
  /** The jobs whose results wait for their claims, oldest first, as many as a heartbeat names behind those that run. */
  waitingJobIds(): readonly JobId[];
}

/** Chooses the route of each outcome: an artifact is uploaded, JSON goes as a frame, a failure is reported. */
export function createDelivery(deps: DeliveryDeps): SessionDelivery {
  const stopping = new AbortController();
  const background = createBackground(deps, stopping.signal);
  const json = createJsonResults(deps);
  const routes: Routes = { deps, json, background, stopping: stopping.signal };
  return {
    deliver: (outcome) => deliver(outcome, routes),
    deliverPending: () => background.round(),
    async takeIn(files) {
      const taken = await Promise.all(files.map((file) => deps.outbox.takeIn(file)));
      return taken.filter(Boolean).length;
    },
    discard: (file) => discard(file, deps),
    space: () => deps.outbox.space(),
    pending: () => deps.outbox.pending(),
    async stop() {
      stopping.abort(new WorkerError('job.cancelled', 'the worker is stopping'));
      await background.stop();
      await deps.outbox.close(); // an unlink still under way would be a result offered once more
    },
    onWelcome(welcome) {
      json.onWelcome(welcome);
      void background.round();
    },
    onLost: () => json.onLost(),
    onAck(ack) {
      if (ack.type === 'completeAck') json.onCompleteAck(ack.jobId);
    },
    onHeartbeatAck: (ack) => json.onHeartbeatAck(ack),
    hasUnkept: () => json.hasUnkept(),
    waitingJobIds: () => json.waitingJobIds(),
  };
}

/** The ways that an outcome may take. */
interface Routes {
  readonly deps: DeliveryDeps;
  readonly json: JsonResults;
  readonly background: Background;
  readonly stopping: AbortSignal;
}

async function discard(file: string, { outbox, log, onReport }: DeliveryDeps): Promise<boolean> {
  await outbox.whole;
  const entry = outbox.entryOf(file);
  if (entry === undefined) return false;
  const because = 'the operator discarded it';
  log.warn('result.discarded', { jobId: entry.jobId, because });
  await outbox.remove(entry);
  onReport(entry.jobId, { is: 'discarded', because });
  return true;
}

/** Never rejects: whatever goes wrong is in the report. */
async function deliver(outcome: JobOutcome, routes: Routes): Promise<DeliveryReport> {
  const { claims, log } = routes.deps;
  try {
    return await route(outcome, routes);
  } catch (thrown) {
    const because = errorChain(thrown);
    log.error('delivery.failed', { jobId: outcome.job.id, error: because });
    return { is: 'discarded', because };
  } finally {
    claims.release(outcome.job.id);
  }
}

async function route(outcome: JobOutcome, { deps, json, background, stopping }: Routes): Promise<DeliveryReport> {
  const { id: jobId, prompt } = outcome.job;
  if (outcome.is === 'cancelled' && outcome.error.code === 'job.claim-lost') {
    return { is: 'discarded', because: outcome.error.message }; // nobody waits for it
  }
  if (outcome.is !== 'completed') return reportFailure(jobId, outcome.error, deps);
  const { result, ranOn } = outcome;
  if (result.is === 'json') return await json.deliver({ jobId, prompt, value: withRanOn(result.value, ranOn) });
  const artifact = { jobId, prompt, ext: result.ext, ranOn, bytes: result.bytes };
  return await deliverArtifact(artifact, deps, background, stopping);
}

function reportFailure(jobId: JobId, error: WorkerError, { claims, log }: DeliveryDeps): DeliveryReport {
  if (claims.send(fail(jobId, error.message, error.retryable))) return { is: 'reported' };
  log.warn('failure.not-sent', { jobId, error: error.message });
  return { is: 'discarded', because: 'no live session' };
}

/** A result that is an object carries what it was computed on; any other shape is the engine's own. */
function withRanOn(value: JsonValue, ranOn: string | undefined): JsonValue {
  if (ranOn === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries([...Object.entries(value), [RAN_ON, ranOn]]);
}
