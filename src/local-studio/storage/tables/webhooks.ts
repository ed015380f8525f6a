import type { DELIVERY_STATES, WebhookEvent, WebhookTotals } from '../../../contract/operator/webhooks.ts';

/** Whom the studio tells of every job that ends. */
export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** `whsec_…`; signing takes it as it is. */
  readonly secret: string;
  readonly createdAt: number;
  readonly disabledAt: number | undefined;
  readonly disabledBecause: string | undefined;
}

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook. */
export interface DeliveryRow {
  /** The same however often it is sent. */
  readonly id: string;
  /** Undefined where it is the job's own. */
  readonly webhookId: string | undefined;
  /** Of the job's own webhook. */
  readonly url: string | undefined;
  readonly jobId: string;
  readonly event: WebhookEvent;
  /** JSON of an `EndedFacts`: the job as it was when it ended. */
  readonly facts: string;
  readonly state: DeliveryState;
  /** Sent so often, the one under way included. */
  readonly attempts: number;
  readonly createdAt: number;
  /** By the clock of `JobTable.now`. */
  readonly nextAt: number;
  readonly endedAt: number | undefined;
  readonly lastStatus: number | undefined;
  readonly lastError: string | undefined;
}

/** What came of sending an event once. */
export interface SentOutcome {
  readonly state: DeliveryState;
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** Milliseconds until it is sent again, while it is pending. */
  readonly inMs: number;
}

/** Webhooks, and the outbox of what they are to be told: written in the transaction in which a job ends. */
export interface WebhookTable {
  add(row: WebhookRow): Promise<void>;
  get(id: string): Promise<WebhookRow | undefined>;
  /** Oldest first, with how much is still to be delivered to each. */
  list(): Promise<readonly (WebhookRow & { readonly pending: number })[]>;
  totals(): Promise<WebhookTotals>;
  /** What was not delivered is given up. False when there is none of that id. */
  remove(id: string, at: number): Promise<boolean>;
  /** Nothing is sent there any more, and what was not delivered is given up. */
  disable(id: string, because: string, at: number): Promise<void>;
  /** Jobs that end from now on are told there again; what was given up is not. False unless it is disabled. */
  enable(id: string): Promise<boolean>;
  /** The secret that signs for jobs' own webhooks: the one that is kept, or this one from now on. */
  studioSecret(fresh: string): Promise<string>;
  /**
   * Takes what is due: at most so much, at most one for each origin, none for those named, and nothing that another
   * studio has. What is taken is due again after `forMs`, in case whoever took it is gone by then.
   */
  takeDue(query: {
    readonly at: number;
    readonly forMs: number;
    readonly except: readonly string[];
    readonly limit: number;
  }): Promise<readonly (DeliveryRow & { readonly origin: string })[]>;
  /** Where there is one studio: what its earlier process took and did not settle is due now, if it would be so soon. */
  dueAgain(at: number, withinMs: number): Promise<void>;
  /** Milliseconds until the next one is due that is not due now; undefined when there is none. */
  nextDueInMs(at: number): Promise<number | undefined>;
  /** Records what came of that attempt. False when it is not the latest any more. */
  settle(delivery: Pick<DeliveryRow, 'id' | 'attempts'>, outcome: SentOutcome, at: number): Promise<boolean>;
  /** failed → pending, due now, with all its attempts again; unless its webhook is disabled, or gone. */
  retry(id: string): Promise<boolean>;
  delivery(id: string): Promise<DeliveryRow | undefined>;
  /** Newest first. */
  deliveries(query: {
    readonly state: DeliveryState | undefined;
    readonly webhookId: string | undefined;
    readonly jobId: string | undefined;
    readonly limit: number;
  }): Promise<readonly DeliveryRow[]>;
  /** Forgets what ended before then. */
  prune(before: number): Promise<void>;
  /** Calls back when this process has put something in the outbox. */
  onQueued(listener: () => void): () => void;
}
