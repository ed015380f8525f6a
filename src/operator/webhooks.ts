import {
  type CreatedWebhook,
  CreatedWebhookSchema,
  DeliveryListSchema,
  type DeliveryView,
  DeliveryViewSchema,
  type WebhookDraft,
  WebhookListSchema,
  WebhookSecretSchema,
  type WebhookTest,
  WebhookTestSchema,
  type WebhookView,
  WebhookViewSchema,
} from '../contract/operator/webhooks.ts';
import { OPERATOR_ROUTES as routes } from '../contract/operator/routes.ts';
import { readJson } from '../contract/read.ts';
import type { Asking } from './accounts.ts';

/** Which deliveries are listed. */
export interface DeliveryChoice {
  readonly state?: DeliveryView['state'] | undefined;
  readonly webhook?: string | undefined;
  readonly job?: string | undefined;
  readonly limit: number;
}

/** The part of an operator's client that is about webhooks. */
export interface WebhookClient {
  /** @throws WorkerError `studio.refused` when the studio may not send there */
  addWebhook(draft: WebhookDraft): Promise<CreatedWebhook>;
  webhooks(): Promise<readonly WebhookView[]>;
  removeWebhook(webhookId: string): Promise<void>;
  /** @throws WorkerError `studio.refused` unless it is disabled */
  enableWebhook(webhookId: string): Promise<WebhookView>;
  /** Sends an event of no job at once. */
  testWebhook(webhookId: string): Promise<WebhookTest>;
  /** What signs for the webhooks of single jobs. */
  webhookSecret(): Promise<string>;
  /** Newest first. */
  deliveries(choice: DeliveryChoice): Promise<readonly DeliveryView[]>;
  /** @throws WorkerError `studio.refused` unless it failed */
  retryDelivery(deliveryId: string): Promise<DeliveryView>;
}

/** The part of the client that is about webhooks. */
export const webhookClient = ({ call, trusted }: Asking): WebhookClient => ({
  addWebhook: async (draft) => trusted(readJson(CreatedWebhookSchema, await call(routes.addWebhook, { body: draft }))),
  webhooks: async () => trusted(readJson(WebhookListSchema, await call(routes.webhooks))).webhooks,
  removeWebhook: async (webhookId) => void (await call(routes.removeWebhook, { id: webhookId })),
  enableWebhook: async (webhookId) =>
    trusted(readJson(WebhookViewSchema, await call(routes.enableWebhook, { id: webhookId }))),
  testWebhook: async (webhookId) =>
    trusted(readJson(WebhookTestSchema, await call(routes.testWebhook, { id: webhookId }))),
  webhookSecret: async () => trusted(readJson(WebhookSecretSchema, await call(routes.webhookSecret))).secret,
  deliveries: async ({ state, webhook, job, limit }) => {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(state && { state }),
      ...(webhook && { webhook }),
      ...(job && { job }),
    });
    return trusted(readJson(DeliveryListSchema, await call(routes.deliveries, { query }))).deliveries;
  },
  retryDelivery: async (deliveryId) =>
    trusted(readJson(DeliveryViewSchema, await call(routes.retryDelivery, { id: deliveryId }))),
});
