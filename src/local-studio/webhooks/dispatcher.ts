import { errorChain, WorkerError } from '../../base/errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import { type Passes, startPasses } from '../passes.ts';
import type { DeliveryRow, SentOutcome, WebhookTable } from '../storage/tables/webhooks.ts';
import { type Receiver, sendOnce, type SendingParts } from './delivery.ts';
import { EndedFactsSchema } from './messages.ts';
import { payloadOf } from './payload.ts';
import { type Sent, verdictOn } from './retries.ts';
import { newWebhookSecret } from './signature.ts';

/** What delivering takes. */
export interface DispatcherParts extends SendingParts {
  readonly webhooks: WebhookTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where the studio is reached, for the URLs in events. */
  readonly url: string;
}

/** Delivers what is in the outbox until it is stopped. */
export interface Dispatcher {
  /** Cuts what is being sent; it is due again when its lease has run out. */
  stop(): void;
}

/** One studio sends so much at once, to one receiver and to all: a slow one holds up nobody else. */
const MAX_PER_RECEIVER = 4;
const MAX_AT_ONCE = 64;
/** Longer than sending takes: until then what is being sent is nobody else's. */
const LEASE_MS = MINUTE_MS;
/** How often the outbox is looked into for what another studio left there. */
export const POLL_MS = 10 * SECOND_MS;
/** How long what has ended can be looked at, and how often the older is forgotten. */
const KEPT_MS = 7 * DAY_MS;
const PRUNE_MS = HOUR_MS;

/** Begins to deliver. */
export const startDispatcher = (parts: DispatcherParts): Dispatcher => new OutboxDispatcher(parts);

type Claimed = Awaited<ReturnType<WebhookTable['claim']>>[number];

class OutboxDispatcher implements Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #over = new AbortController();
  readonly #unsubscribe: () => void;
  /** How much is being sent, by receiver. */
  readonly #sending = new Map<string, number>();
  readonly #passes: Passes;
  #prunedMs: number | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#passes = startPasses(parts.clock, () => this.#startDue());
    this.#unsubscribe = parts.webhooks.onQueued(() => this.#passes.wake());
  }

  stop(): void {
    this.#unsubscribe();
    this.#passes.stop();
    this.#over.abort(new WorkerError('job.cancelled', 'the studio is stopping'));
  }

  /** Starts whatever is due. Milliseconds until something may be again; never rejects. */
  async #startDue(): Promise<number> {
    const { webhooks, clock, log } = this.#parts;
    try {
      await this.#prepare();
      while (this.#total < MAX_AT_ONCE && !this.#over.signal.aborted) {
        const except = [...this.#sending].flatMap(([name, count]) => (count < MAX_PER_RECEIVER ? [] : [name]));
        const limit = MAX_AT_ONCE - this.#total; // whoever creates jobs may name a receiver for each of them
        const claimed = await webhooks.claim({ at: clock.now(), leaseMs: LEASE_MS, except, limit });
        if (claimed.length === 0) break;
        for (const delivery of claimed) this.#start(delivery);
      }
      return Math.min(POLL_MS, (await webhooks.nextDueInMs(clock.now())) ?? POLL_MS);
    } catch (thrown) {
      if (!this.#over.signal.aborted) log.error('studio.failed', { error: errorChain(thrown) });
      return POLL_MS;
    }
  }

  get #total(): number {
    return this.#sending.values().reduce((sum, count) => sum + count, 0);
  }

  #start(delivery: Claimed): void {
    const { receiver } = delivery;
    this.#sending.set(receiver, (this.#sending.get(receiver) ?? 0) + 1);
    void this.#deliver(delivery)
      .catch((thrown: unknown) => {
        if (!this.#over.signal.aborted) this.#parts.log.error('studio.failed', { error: errorChain(thrown) });
      })
      .finally(() => {
        const left = (this.#sending.get(receiver) ?? 1) - 1;
        if (left === 0) this.#sending.delete(receiver);
        else this.#sending.set(receiver, left);
        this.#passes.wake();
      });
  }

  async #deliver(delivery: Claimed): Promise<void> {
    const to = await this.#receiverOf(delivery);
    if (to === undefined) return;
    await this.#record(delivery, to, await this.#send(delivery, to));
  }

  /** What this release cannot read is tried as often as what does not arrive: the next may be able to. */
  async #send({ id, facts }: Claimed, to: Receiver): Promise<Sent> {
    const read = readJson(EndedFactsSchema, facts);
    if (read.is === 'unreadable') {
      return {
        status: undefined,
        error: `what is kept of the job is damaged: ${read.problem}`,
        retryAfterMs: undefined,
      };
    }
    const message = { id, body: payloadOf(read.value, this.#parts.url) };
    return sendOnce(this.#parts, to, message, this.#over.signal);
  }

  /** Undefined when it is nobody's any more: the webhook was removed, or disabled, which gave up all that was for it. */
  async #receiverOf({ webhookId, url }: DeliveryRow): Promise<Receiver | undefined> {
    const { webhooks, random } = this.#parts;
    if (webhookId === undefined) {
      return { url: url ?? '', secret: await webhooks.studioSecret(newWebhookSecret(random)) };
    }
    const webhook = await webhooks.get(webhookId);
    return webhook === undefined || webhook.disabledAt !== undefined ? undefined : webhook;
  }

  async #record(delivery: Claimed, to: Receiver, sent: Sent): Promise<void> {
    const { webhooks, clock, random, log } = this.#parts;
    const { id, jobId, webhookId, attempts } = delivery;
    const verdict = verdictOn(sent, attempts, random.unit());
    const outcome: SentOutcome = {
      state: verdict.is === 'retry' ? 'pending' : verdict.is === 'delivered' ? 'delivered' : 'failed',
      status: sent.status,
      error: sent.error,
      inMs: verdict.is === 'retry' ? verdict.inMs : 0,
    };
    if (!(await webhooks.settle(delivery, outcome, clock.now()))) return;
    const about = { deliveryId: id, jobId, url: shownUrl(to.url), attempts, error: sent.error ?? '' };
    switch (verdict.is) {
      case 'delivered':
        return log.debug('webhook.delivered', about);
      case 'retry':
        return log.warn('webhook.retried', { ...about, inMs: verdict.inMs });
      case 'failed':
        return log.error('webhook.failed', about);
      case 'gone':
        log.warn('webhook.disabled', { ...about, webhookId: webhookId ?? 'own' });
        return webhookId === undefined ? undefined : await webhooks.disable(webhookId, DISABLED, clock.now());
      default:
        return verdict satisfies never;
    }
  }

  /** At the start, and from time to time. */
  async #prepare(): Promise<void> {
    const { webhooks, clock } = this.#parts;
    if (this.#prunedMs === undefined) await webhooks.recall(clock.now(), LEASE_MS);
    if (this.#prunedMs !== undefined && clock.elapsed() - this.#prunedMs < PRUNE_MS) return;
    this.#prunedMs = clock.elapsed();
    await webhooks.prune(clock.now() - KEPT_MS);
  }
}

const DISABLED = 'its receiver answered 410: never again';
