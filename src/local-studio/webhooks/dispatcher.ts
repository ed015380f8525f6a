import { errorChain, WorkerError } from '../../base/errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { StudioTallies } from '../metrics/studio-tallies.ts';
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
  readonly tallies: Pick<StudioTallies, 'deliveries'>;
  /** Where the studio is reached, for the URLs in events. */
  readonly url: string;
}

/** Delivers what is in the outbox until it is stopped. */
export interface Dispatcher {
  /** Cuts what is being sent; it is due again a minute after it was taken. */
  stop(): void;
}

/** One studio sends so much at once, to one origin and to all: a slow one holds up nobody else. */
const MAX_PER_ORIGIN = 4;
const MAX_AT_ONCE = 64;
/** Longer than sending takes: until then what is being sent is nobody else's. */
const TAKEN_MS = MINUTE_MS;
/** How often the outbox is looked into for what another studio left there. */
export const POLL_MS = 10 * SECOND_MS;
/** How long what has ended can be looked at, and how often the older is forgotten. */
const KEPT_MS = 7 * DAY_MS;
const PRUNE_MS = HOUR_MS;

/** Begins to deliver. */
export const startDispatcher = (parts: DispatcherParts): Dispatcher => new OutboxDispatcher(parts);

type Taken = Awaited<ReturnType<WebhookTable['takeDue']>>[number];

class OutboxDispatcher implements Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #over = new AbortController();
  readonly #unsubscribe: () => void;
  /** How much is being sent, by origin. */
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
        const except = [...this.#sending].flatMap(([origin, count]) => (count < MAX_PER_ORIGIN ? [] : [origin]));
        const limit = MAX_AT_ONCE - this.#total; // whoever creates jobs may name an origin for each of them
        const taken = await webhooks.takeDue({ at: clock.now(), forMs: TAKEN_MS, except, limit });
        if (taken.length === 0) break;
        for (const delivery of taken) this.#start(delivery);
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

  #start(delivery: Taken): void {
    const { origin } = delivery;
    this.#sending.set(origin, (this.#sending.get(origin) ?? 0) + 1);
    void this.#deliver(delivery)
      .catch((thrown: unknown) => {
        if (!this.#over.signal.aborted) this.#parts.log.error('studio.failed', { error: errorChain(thrown) });
      })
      .finally(() => {
        const left = (this.#sending.get(origin) ?? 1) - 1;
        if (left === 0) this.#sending.delete(origin);
        else this.#sending.set(origin, left);
        this.#passes.wake();
      });
  }

  async #deliver(delivery: Taken): Promise<void> {
    const to = await this.#receiverOf(delivery);
    if (to === undefined) return;
    await this.#record(delivery, to, await this.#send(delivery, to));
  }

  /** What this release cannot read is tried as often as what does not arrive: the next may be able to. */
  async #send({ id, facts }: Taken, to: Receiver): Promise<Sent> {
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

  async #record(delivery: Taken, to: Receiver, sent: Sent): Promise<void> {
    const { webhooks, clock, random, log, tallies } = this.#parts;
    const { id, jobId, webhookId, attempts } = delivery;
    const verdict = verdictOn(sent, attempts, random.unit());
    const outcome: SentOutcome = {
      state: verdict.is === 'retry' ? 'pending' : verdict.is === 'delivered' ? 'delivered' : 'failed',
      status: sent.status,
      error: sent.error,
      inMs: verdict.is === 'retry' ? verdict.inMs : 0,
    };
    if (!(await webhooks.settle(delivery, outcome, clock.now()))) return;
    tallies.deliveries.add({ outcome: COUNTED_AS[verdict.is] });
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
    if (this.#prunedMs === undefined) await webhooks.dueAgain(clock.now(), TAKEN_MS);
    if (this.#prunedMs !== undefined && clock.elapsed() - this.#prunedMs < PRUNE_MS) return;
    this.#prunedMs = clock.elapsed();
    await webhooks.prune(clock.now() - KEPT_MS);
  }
}

/** What came of a request, in the words of the figures. */
const COUNTED_AS = { delivered: 'delivered', retry: 'retried', failed: 'failed', gone: 'disabled' } as const;

const DISABLED = 'its receiver answered 410';
