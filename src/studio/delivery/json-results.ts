import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { JsonValue } from '../../base/json.ts';
import type { HeartbeatAck, Welcome } from '../../contract/frames/inbound.ts';
import { completeJson } from '../../contract/frames/outbound.ts';
import { writeJson } from '../../contract/json.ts';
import { MAX_PARALLEL_JOBS } from '../../contract/limits.ts';
import { keepOnDisk, ownedBy, ownerOf } from './ownership.ts';
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
  /** The socket is gone: no ack can come on it. */
  onLost(): void;
  onCompleteAck(jobId: JobId): void;
  onHeartbeatAck(ack: HeartbeatAck): void;
  /** Whether a result is on its way that no disk holds: it goes with the socket. */
  hasUnkept(): boolean;
  /** The jobs that the next heartbeat should reclaim: those whose result is not on its way, oldest first, as many as it names. */
  waitingJobIds(): readonly JobId[];
}

/** JSON results over the frames of whichever session is live. Once per delivery: it knows what awaits its ack. */
export const createJsonResults = (deps: DeliveryDeps): JsonResults => new JsonFrames(deps);

class JsonFrames implements JsonResults {
  readonly #deps: DeliveryDeps;
  /** Files whose frame went out on the live session, or is about to. */
  readonly #underway = new Set<string>();
  /** Jobs whose frame went out on the live session and has no copy on disk. */
  readonly #unacknowledged = new Set<JobId>();

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
  }

  async deliver(result: JsonResult): Promise<DeliveryReport> {
    if (!this.#deps.studioOffers('resume')) return this.#sendUnkept(result);
    const credentials = this.#deps.credentials();
    if (credentials === undefined) return this.#discardUnsent(result.jobId);
    const { jobId, prompt } = result;
    const content = new TextEncoder().encode(writeJson(result.value));
    const entry = await keepOnDisk(
      { jobId, kind: 'json', ext: '', prompt, ...ownerOf(credentials) },
      content,
      this.#deps,
    );
    if (entry === undefined) return this.#sendUnkept(result);
    this.#underway.add(entry.file);
    if (this.#send(result)) return { is: 'sent' };
    this.#underway.delete(entry.file);
    this.#deps.log.warn('result.kept', { jobId, because: NO_SESSION });
    return { is: 'kept', because: NO_SESSION };
  }

  onLost(): void {
    // Here and not at the welcome, with which the first heartbeat goes out: it has to name what waits for its claim.
    this.#underway.clear();
    const jobIds = [...this.#unacknowledged];
    this.#unacknowledged.clear();
    for (const jobId of jobIds) this.#deps.onReport(jobId, { is: 'discarded', because: NO_ACK });
  }

  onWelcome(welcome: Welcome): void {
    if (welcome.features.includes('resume')) return;
    this.#discardAll();
    if (this.#deps.outbox.space() !== 'unread') return;
    void this.#deps.outbox.whole.then(() => this.#deps.studioOffers('resume') || this.#discardAll());
  }

  onCompleteAck(jobId: JobId): void {
    const [entry] = this.#framesOf(jobId);
    if (entry !== undefined) {
      this.#underway.delete(entry.file);
      void this.#deps.outbox.remove(entry);
    }
    const wasUnkept = this.#unacknowledged.delete(jobId);
    if (wasUnkept || entry !== undefined) this.#deps.onReport(jobId, { is: 'delivered' });
  }

  onHeartbeatAck({ claim }: HeartbeatAck): void {
    if (claim === undefined) return;
    const entry = this.#framesOf(claim.jobId).find(({ file }) => !this.#underway.has(file));
    if (entry === undefined) return;
    if (claim.held) void this.#resend(entry);
    else this.#discard(entry, 'the studio does not hold this job for us');
  }

  hasUnkept(): boolean {
    return this.#unacknowledged.size > 0;
  }

  waitingJobIds(): readonly JobId[] {
    const isOurs = ownedBy(this.#deps.credentials());
    const jobIds: JobId[] = [];
    for (const entry of this.#deps.outbox.json()) {
      if (jobIds.length === MAX_PARALLEL_JOBS) break;
      if (isOurs(entry) && !this.#underway.has(entry.file)) jobIds.push(entry.jobId);
    }
    return jobIds;
  }

  /** The results of a job that a frame of ours may carry, oldest first. */
  #framesOf(jobId: JobId): readonly OutboxEntry[] {
    const isOurs = ownedBy(this.#deps.credentials());
    return this.#deps.outbox.ofJob(jobId).filter((entry) => entry.kind === 'json' && isOurs(entry));
  }

  #send({ jobId, value, prompt }: JsonResult): boolean {
    const sent = this.#deps.claims.send(completeJson(jobId, value, prompt));
    if (sent) this.#deps.log.info('result.sent', { jobId });
    return sent;
  }

  #sendUnkept(result: JsonResult): DeliveryReport {
    if (!this.#send(result)) return this.#discardUnsent(result.jobId);
    this.#unacknowledged.add(result.jobId);
    return { is: 'sent' };
  }

  async #resend(entry: OutboxEntry): Promise<void> {
    const { outbox, log, onReport } = this.#deps;
    this.#underway.add(entry.file);
    let sent = false;
    try {
      const stored = await outbox.load(entry);
      if (stored === undefined) return onReport(entry.jobId, { is: 'discarded', because: UNREADABLE });
      const value: JsonValue = JSON.parse(new TextDecoder().decode(stored.content));
      sent = this.#send({ jobId: entry.jobId, value, prompt: stored.prompt });
    } catch (thrown) {
      log.warn('result.kept', { jobId: entry.jobId, because: errorChain(thrown) });
    } finally {
      if (!sent) this.#underway.delete(entry.file);
    }
  }

  #discardAll(): void {
    const ours = [...this.#deps.outbox.json()].filter(ownedBy(this.#deps.credentials()));
    for (const entry of ours) this.#discard(entry, 'the studio does not keep claims across sockets');
  }

  #discard(entry: OutboxEntry, because: string): void {
    const { outbox, log, onReport } = this.#deps;
    this.#underway.delete(entry.file);
    log.warn('result.discarded', { jobId: entry.jobId, because });
    void outbox.remove(entry);
    onReport(entry.jobId, { is: 'discarded', because });
  }

  #discardUnsent(jobId: JobId): DeliveryReport {
    this.#deps.log.error('delivery.failed', { jobId, error: NO_SESSION });
    return { is: 'discarded', because: NO_SESSION };
  }
}

const NO_SESSION = 'no live session';
const NO_ACK = 'the session was lost before the studio acknowledged the result';
