import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { JsonValue } from '../../base/json.ts';
import type { HeartbeatAck, Welcome } from '../../contract/frames/inbound.ts';
import { completeJson } from '../../contract/frames/outbound.ts';
import { writeJson } from '../../contract/json.ts';
import { isOurs, keep, ownerOf } from './ownership.ts';
import type { DeliveryReport } from '../../jobs/delivery-report.ts';
import type { DeliveryDeps } from './deps.ts';
import type { OutboxEntry } from './entry.ts';
import { UNREADABLE } from './outbox.ts';

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
 *   on disk ──sent──▶ awaiting its ack ──completeAck──▶ delivered
 *      ▲                   │ socket lost, next welcome
 *      └───────────────────┘  heartbeat names the job: held ──▶ sent again; not held ──▶ discarded
 *
 * What has no copy on disk is delivered with its ack, and discarded with the socket.
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

/** JSON results over the frames of whichever session is live. Once per delivery: it knows what awaits its ack. */
export function createJsonResults(deps: DeliveryDeps): JsonResults {
  const { outbox, claims, log, onReport } = deps;
  /** Files whose frame went out on the live session, or is about to. */
  const underway = new Set<string>();
  /** Jobs whose frame went out on the live session and has no copy on disk. */
  const unacknowledged = new Set<JobId>();

  const waiting = (): OutboxEntry[] =>
    outbox.entries().filter((entry) => entry.kind === 'json' && isOurs(entry, deps.credentials()));
  const reclaimable = (): OutboxEntry | undefined => waiting().find((entry) => !underway.has(entry.file));

  function send({ jobId, value, prompt }: JsonResult): boolean {
    const sent = claims.send(completeJson(jobId, value, prompt));
    if (sent) log.info('result.sent', { jobId });
    return sent;
  }

  function discard(entry: OutboxEntry, because: string): void {
    const { jobId, file } = entry;
    underway.delete(file);
    log.warn('result.discarded', { jobId, because });
    void outbox.remove(entry);
    onReport(jobId, { is: 'discarded', because });
  }

  async function resend(entry: OutboxEntry): Promise<void> {
    underway.add(entry.file);
    let sent = false;
    try {
      const stored = await outbox.load(entry);
      if (stored === undefined) return onReport(entry.jobId, { is: 'discarded', because: UNREADABLE });
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
    if (credentials === undefined) return discardUnsent(result.jobId);
    const { jobId, prompt } = result;
    const payload = new TextEncoder().encode(writeJson(result.value));
    const entry = await keep({ jobId, kind: 'json', ext: '', prompt, ...ownerOf(credentials) }, payload, deps);
    if (entry !== undefined) underway.add(entry.file);
    if (entry === undefined) return sendUnkept(result);
    if (send(result)) return { is: 'sent' };
    underway.delete(entry.file);
    log.warn('result.kept', { jobId, because: NO_SESSION });
    return { is: 'kept', because: NO_SESSION };
  }

  function sendUnkept(result: JsonResult): DeliveryReport {
    const { jobId } = result;
    if (!send(result)) return discardUnsent(jobId);
    unacknowledged.add(jobId);
    return { is: 'sent' };
  }

  function discardUnsent(jobId: JobId): DeliveryReport {
    log.error('delivery.failed', { jobId, error: NO_SESSION });
    return { is: 'discarded', because: NO_SESSION };
  }

  function discardUnacknowledged(): void {
    const jobIds = [...unacknowledged];
    unacknowledged.clear();
    for (const jobId of jobIds) onReport(jobId, { is: 'discarded', because: NO_ACK });
  }

  return {
    async deliver(result) {
      if (deps.studioOffers('resume')) return await deliverKept(result);
      return sendUnkept(result);
    },
    onLost() {
      // Here and not at the welcome, with which the first heartbeat goes out: it has to name what waits for its claim.
      underway.clear();
      discardUnacknowledged();
    },
    onWelcome(welcome) {
      if (welcome.features.includes('resume')) return;
      for (const entry of waiting()) discard(entry, 'the studio does not keep claims across sockets');
    },
    onCompleteAck(jobId) {
      const entry = waiting().find((other) => other.jobId === jobId);
      if (entry !== undefined) {
        underway.delete(entry.file);
        void outbox.remove(entry);
      }
      if (unacknowledged.delete(jobId) || entry !== undefined) onReport(jobId, { is: 'delivered' });
    },
    onHeartbeatAck({ claim }) {
      const entry = claim && reclaimable();
      if (claim === undefined || entry?.jobId !== claim.jobId) return;
      if (claim.held) void resend(entry);
      else discard(entry, 'the studio does not hold this job for us');
    },
    currentJobId: () => reclaimable()?.jobId,
  };
}

const NO_SESSION = 'no live session';
const NO_ACK = 'the session was lost before the studio acknowledged the result';
