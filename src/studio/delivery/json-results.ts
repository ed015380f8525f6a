import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { JsonValue } from '../../base/json.ts';
import type { HeartbeatAck, Welcome } from '../../contract/frames/inbound.ts';
import { completeJson } from '../../contract/frames/outbound.ts';
import { writeJson } from '../../contract/json.ts';
import { isOurs, keep, ownerOf } from './ownership.ts';
import type { DeliveryReport } from './delivery.ts';
import type { DeliveryDeps } from './deps.ts';
import type { OutboxEntry } from './outbox.ts';

/** A finished result that travels in a frame. */
export interface JsonResult {
  readonly jobId: JobId;
  readonly value: JsonValue;
  readonly prompt: string;
}

/**
 * Results that travel as frames. A studio releases a claim when the socket closes, and a `completeJson` for a job it
 * does not hold costs the session, so without `resume` a result has one chance: the live session. With `resume`:
 *
 *   on disk ──sent──▶ awaiting its ack ──completeAck──▶ gone
 *      ▲                   │ socket lost, next welcome
 *      └───────────────────┘  heartbeat names the job: held ──▶ sent again; not held ──▶ gone
 */
export interface JsonResults {
  deliver(result: JsonResult): Promise<DeliveryReport>;
  onWelcome(welcome: Welcome): void;
  /** The socket is gone: an ack on it cannot come any more. */
  onLost(): void;
  onCompleteAck(jobId: JobId): void;
  onHeartbeatAck(ack: HeartbeatAck): void;
  /** The job that the next heartbeat should reclaim: the oldest whose result is not on its way. */
  currentJobId(): JobId | undefined;
}

export function createJsonResults(deps: DeliveryDeps): JsonResults {
  const { outbox, sender, log } = deps;
  /** Files whose frame went out on the live session, or is about to. */
  const underway = new Set<string>();

  const waiting = (): OutboxEntry[] =>
    outbox.entries().filter((entry) => entry.kind === 'json' && isOurs(entry, deps.credentials()));
  const reclaimable = (): OutboxEntry | undefined => waiting().find((entry) => !underway.has(entry.file));

  function send({ jobId, value, prompt }: JsonResult): boolean {
    const sent = sender.send(completeJson(jobId, value, prompt));
    if (sent) log.info('result.sent', { jobId });
    return sent;
  }

  function drop(entry: OutboxEntry, because: string): void {
    underway.delete(entry.file);
    log.warn('result.dropped', { jobId: entry.jobId, because });
    void outbox.remove(entry);
  }

  async function resend(entry: OutboxEntry): Promise<void> {
    underway.add(entry.file);
    let sent = false;
    try {
      const stored = await outbox.load(entry);
      if (stored === undefined) return;
      const value: JsonValue = JSON.parse(new TextDecoder().decode(stored.payload));
      sent = send({ jobId: entry.jobId, value, prompt: stored.prompt });
    } catch (thrown) {
      log.warn('result.kept', { jobId: entry.jobId, because: errorChain(thrown) });
    } finally {
      if (!sent) underway.delete(entry.file);
    }
  }

  async function deliverKept(result: JsonResult): Promise<DeliveryReport> {
    const credentials = deps.credentials();
    if (credentials === undefined) return lose(result.jobId);
    const { jobId, prompt } = result;
    const payload = new TextEncoder().encode(writeJson(result.value));
    const entry = await keep({ jobId, kind: 'json', ext: '', prompt, ...ownerOf(credentials) }, payload, deps);
    if (entry !== undefined) underway.add(entry.file);
    if (send(result)) return { is: 'delivered' };
    if (entry === undefined) return lose(jobId);
    underway.delete(entry.file);
    log.warn('result.kept', { jobId, because: NO_SESSION });
    return { is: 'kept', because: NO_SESSION };
  }

  function lose(jobId: JobId): DeliveryReport {
    log.error('delivery.failed', { jobId, error: NO_SESSION });
    return { is: 'dropped', because: NO_SESSION };
  }

  return {
    async deliver(result) {
      if (deps.studioOffers('resume')) return await deliverKept(result);
      return send(result) ? { is: 'delivered' } : lose(result.jobId);
    },
    // Here and not at the welcome, with which the first heartbeat goes out: it has to name what waits for its claim.
    onLost: () => underway.clear(),
    onWelcome(welcome) {
      if (welcome.features.includes('resume')) return;
      for (const entry of waiting()) drop(entry, 'the studio does not keep claims across sockets');
    },
    onCompleteAck(jobId) {
      const entry = waiting().find((other) => other.jobId === jobId);
      if (entry === undefined) return;
      underway.delete(entry.file);
      void outbox.remove(entry);
    },
    onHeartbeatAck({ claim }) {
      const entry = claim && reclaimable();
      if (claim === undefined || entry?.jobId !== claim.jobId) return;
      if (claim.held) void resend(entry);
      else drop(entry, 'the studio gave the job to someone else');
    },
    currentJobId: () => reclaimable()?.jobId,
  };
}

const NO_SESSION = 'no live session';
