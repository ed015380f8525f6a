import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { shownUrl } from '../../../base/urls.ts';
import { SECOND_MS } from '../../../base/units.ts';
import { DeliveryQuerySchema, WebhookDraftSchema } from '../../../contract/operator/webhooks.ts';
import type { DeliveryRow, WebhookRow } from '../../storage/tables/webhooks.ts';
import { sendOnce } from '../../webhooks/delivery.ts';
import { testPayload } from '../../webhooks/payload.ts';
import { newWebhookSecret } from '../../webhooks/signature.ts';
import { type Exchange, json, nothing, OPERATOR_BODY, readBody, readQuery, refuse } from '../http.ts';
import { audited } from './audit.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** More than anybody names; each of them is written to for every job that ends. */
const MAX_WEBHOOKS = 50;
/** A name that takes longer to look up is checked when something is sent to it. */
const CHECK_MS = 2 * SECOND_MS;

/** Webhooks: whom the studio tells that jobs ended, and what came of that. */
export const webhookRoutes: OperatorRoutes = (context) => {
  const { webhooks } = context.studio.store;
  return [
    {
      ...routes.webhooks,
      handle: async () => json({ webhooks: (await webhooks.list()).map((row) => webhookView(row, row.pending)) }),
    },
    { ...routes.addWebhook, handle: (exchange) => add(context, exchange) },
    { ...routes.removeWebhook, handle: (exchange) => remove(context, exchange) },
    { ...routes.enableWebhook, handle: (exchange) => enable(context, exchange) },
    { ...routes.testWebhook, handle: (exchange) => sendTest(context, exchange) },
    {
      ...routes.webhookSecret,
      handle: async () => json({ secret: await webhooks.studioSecret(newWebhookSecret(context.random)) }),
    },
    { ...routes.deliveries, handle: ({ url }) => deliveries(context, url) },
    {
      ...routes.retryDelivery,
      handle: (exchange) => retry(context, exchange),
    },
  ];
};

async function add(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio, clock, random } = context;
  const {
    url,
    events,
    secret = newWebhookSecret(random),
  } = await readBody(exchange.request, WebhookDraftSchema, OPERATOR_BODY);
  await assertReachable(context, url);
  if ((await studio.store.webhooks.list()).length >= MAX_WEBHOOKS) {
    throw refuse('conflict', `there are ${MAX_WEBHOOKS} webhooks already: remove one`);
  }
  const unset = { disabledAt: undefined, disabledBecause: undefined };
  const row = {
    id: `wh-${random.hex(8)}`,
    url,
    events: [...new Set(events)],
    secret,
    createdAt: clock.now(),
    ...unset,
  };
  const store = audited(context, exchange, {
    action: 'webhook.added',
    subject: row.id,
    details: { events: row.events },
  });
  await store.webhooks.add(row);
  studio.log.info('webhook.added', { webhookId: row.id, url: shownUrl(url) });
  return json({ ...webhookView(row, 0), secret }, 201);
}

async function remove(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio, clock } = context;
  const id = param(exchange, 'id');
  const { url } = existing(await studio.store.webhooks.get(id), 'webhook', id);
  const store = audited(context, exchange, { action: 'webhook.removed', subject: id });
  existing((await store.webhooks.remove(id, clock.now())) || undefined, 'webhook', id);
  studio.log.info('webhook.removed', { webhookId: id, url: shownUrl(url) });
  return nothing();
}

async function enable(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio } = context;
  const id = param(exchange, 'id');
  const store = audited(context, exchange, { action: 'webhook.enabled', subject: id });
  const isEnabled = await store.webhooks.enable(id);
  const webhook = existing(
    (await store.webhooks.list()).find((each) => each.id === id),
    'webhook',
    id,
  );
  if (!isEnabled) throw refuse('conflict', 'only a webhook that is disabled is enabled: it is active');
  studio.log.info('webhook.enabled', { webhookId: id, url: shownUrl(webhook.url) });
  return json(webhookView(webhook, webhook.pending));
}

/** A name that cannot be looked up now may be known later. @throws Refusal when the URL may not be sent to */
export async function assertReachable({ poster, clock }: OperatorContext, url: string): Promise<void> {
  const late = new AbortController();
  const disarm = clock.after(CHECK_MS, () => late.abort());
  const refusal = await poster.refusalOf(url, late.signal).catch(() => undefined);
  disarm();
  if (refusal === undefined) return;
  const hint = refusal.hint === undefined ? '' : `. ${refusal.hint}`;
  throw refuse('invalid', `webhook URL ${refusal.message}${hint}`);
}

/** Sends at once, and says what came of it; nothing is kept, and nothing retried. */
async function sendTest(context: OperatorContext, exchange: Exchange): Promise<Response> {
  const { studio, clock, random } = context;
  const id = param(exchange, 'id');
  const webhook = existing(await studio.store.webhooks.get(id), 'webhook', id);
  exchange.peer.waitForAnswer();
  const [at, startedMs] = [clock.now(), clock.elapsed()];
  const message = { id: `test-${random.hex(12)}`, body: testPayload(at) };
  const { status, error } = await sendOnce(context, webhook, message, exchange.request.signal);
  const tookMs = Math.max(0, Math.round(clock.elapsed() - startedMs));
  return json({ delivered: error === undefined, status, error, tookMs });
}

async function retry(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const id = param(exchange, 'id');
  const { webhooks } = audited(context, exchange, { action: 'webhook.retried', subject: id });
  const isQueued = await webhooks.retry(id);
  const delivery = existing(await webhooks.delivery(id), 'delivery', id);
  if (isQueued) return json(deliveryView(delivery));
  if (delivery.state !== 'failed') {
    throw refuse('conflict', `only a delivery that failed is retried: it is ${delivery.state}`);
  }
  const isKnown = delivery.webhookId !== undefined && (await webhooks.get(delivery.webhookId)) !== undefined;
  throw refuse('conflict', isKnown ? 'its webhook is disabled: enable that first' : 'its webhook was removed');
}

async function deliveries({ studio }: OperatorContext, url: URL): Promise<Response> {
  const { state, webhook, job, limit } = readQuery(url, DeliveryQuerySchema);
  const rows = await studio.store.webhooks.deliveries({ state, webhookId: webhook, jobId: job, limit });
  return json({ deliveries: rows.map(deliveryView) });
}

const webhookView = ({ id, url, events, createdAt, disabledAt, disabledBecause }: WebhookRow, pending: number) => ({
  id,
  url: shownUrl(url),
  events,
  createdAt: isoOf(createdAt),
  pending,
  disabledAt: disabledAt === undefined ? undefined : isoOf(disabledAt),
  disabledBecause,
});

const deliveryView = (row: DeliveryRow) => {
  const { id, webhookId, jobId, event, state, attempts, lastStatus, lastError } = row;
  return {
    id,
    webhookId,
    jobId,
    event,
    state,
    attempts,
    createdAt: isoOf(row.createdAt),
    nextAt: state === 'pending' ? isoOf(Math.max(row.nextAt, row.createdAt)) : undefined,
    endedAt: row.endedAt === undefined ? undefined : isoOf(row.endedAt),
    lastStatus,
    lastError,
  };
};
