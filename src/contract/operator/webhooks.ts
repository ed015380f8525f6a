import * as v from 'valibot';
import { absentable } from '../numbers.ts';
import { Timestamp } from './timestamp.ts';

/* Webhooks: whom the studio tells that a job has ended. Part of the operator API, see `views.ts`. */

/** What a webhook may be told of: the ways a job ends. */
export const WEBHOOK_EVENTS = ['completed', 'failed', 'cancelled'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Checked where it is used: what it may lead to is for the studio's operator to say. */
export const WebhookUrl = v.pipe(v.string(), v.minLength(1), v.maxLength(2_000));

/** `whsec_` and 24 to 64 bytes in base64 (standardwebhooks.com, "Signature scheme"). */
const SECRET = /^whsec_(?:[A-Za-z\d+/]{4}){8,21}(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;
export const isWebhookSecret = (text: string): boolean => SECRET.test(text);
const Secret = v.pipe(v.string(), v.regex(SECRET, 'is not whsec_ and base64 of 24 to 64 bytes'));

/** No other name is accepted: a webhook whose events are misspelt would be told of all. */
export const WebhookDraftSchema = v.strictObject({
  url: WebhookUrl,
  events: v.optional(v.pipe(v.array(v.picklist(WEBHOOK_EVENTS)), v.minLength(1)), [...WEBHOOK_EVENTS]),
  /** Made by the studio when left out. */
  secret: absentable(Secret),
});
/** A draft as a caller writes it. */
export type WebhookDraft = v.InferInput<typeof WebhookDraftSchema>;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A webhook, without its secret and without what its URL may hold of one. */
export const WebhookViewSchema = v.object({
  id: v.string(),
  url: v.string(),
  events: v.array(v.string()),
  createdAt: Timestamp,
  /** Deliveries that are still to be made. */
  pending: Count,
  disabledAt: absentable(Timestamp),
  disabledBecause: absentable(v.string()),
});
/** How all of them stand. */
export const WebhookTotalsSchema = v.object({
  active: Count,
  disabled: Count,
  /** Deliveries that are still to be made, and those of them that failed at least once. */
  pending: Count,
  failing: Count,
});
export type WebhookTotals = v.InferOutput<typeof WebhookTotalsSchema>;
export const WebhookListSchema = v.object({ webhooks: v.array(WebhookViewSchema) });
/** With the secret, which is shown this once. */
export const CreatedWebhookSchema = v.object({ ...WebhookViewSchema.entries, secret: v.string() });
export const WebhookSecretSchema = v.object({ secret: v.string() });
export type WebhookView = v.InferOutput<typeof WebhookViewSchema>;
export type CreatedWebhook = v.InferOutput<typeof CreatedWebhookSchema>;

/** What came of one request to a webhook. */
export const WebhookTestSchema = v.object({
  delivered: v.boolean(),
  status: absentable(v.number()),
  error: absentable(v.string()),
  tookMs: Count,
});
export type WebhookTest = v.InferOutput<typeof WebhookTestSchema>;

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;

/** One event on its way to one webhook. */
export const DeliveryViewSchema = v.object({
  /** As the header `webhook-id`: the same however often it is sent. */
  id: v.string(),
  /** Absent where it is the job's own. */
  webhookId: absentable(v.string()),
  jobId: v.string(),
  event: v.string(),
  state: v.picklist(DELIVERY_STATES),
  attempts: Count,
  createdAt: Timestamp,
  /** When it is sent next. */
  nextAt: absentable(Timestamp),
  endedAt: absentable(Timestamp),
  lastStatus: absentable(v.number()),
  lastError: absentable(v.string()),
});
export const DeliveryListSchema = v.object({ deliveries: v.array(DeliveryViewSchema) });
/** Newest first. */
export const DeliveryQuerySchema = v.object({
  state: absentable(v.picklist(DELIVERY_STATES)),
  webhook: absentable(v.string()),
  job: absentable(v.string()),
  limit: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number), v.minValue(1), v.maxValue(1_000)),
    '50',
  ),
});
export type DeliveryView = v.InferOutput<typeof DeliveryViewSchema>;
