import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { RejectionDraftSchema } from '../../../contract/operator/views.ts';
import { type ReadCapabilities, CapabilitiesSchema } from '../../../contract/capabilities.ts';
import { readJson } from '../../../contract/read.ts';
import { HOUR_MS } from '../../../base/units.ts';
import { json, OPERATOR_BODY, nothing, readBody, refuse } from '../http.ts';
import { newToken } from '../../storage/secrets.ts';
import type { RegistrationRow } from '../../storage/tables/registrations.ts';
import { audited } from './audit.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** A bootstrap token is for the machine that is being set up right now. */
const BOOTSTRAP_MS = 24 * HOUR_MS;

/** Workers that wait for approval, and bootstrap tokens for those that need not. */
export const registrationRoutes: OperatorRoutes = (context) => {
  const { registrations } = context.studio.store;
  return [
    {
      ...routes.registrations,
      handle: async () => json({ registrations: (await registrations.pending()).map(viewOf) }),
    },
    {
      ...routes.approve,
      handle: async (exchange) => json({ workerId: await approve(context, exchange) }),
    },
    { ...routes.reject, handle: (exchange) => reject(context, exchange) },
    { ...routes.createBootstrapToken, handle: (exchange) => invite(context, exchange) },
  ];
};

async function reject(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { reason } = await readBody(exchange.request, RejectionDraftSchema, OPERATOR_BODY);
  const { studio } = context;
  const requestId = param(exchange, 'id');
  existing(await studio.store.registrations.get(requestId), 'registration', requestId);
  const store = audited(context, exchange, { action: 'worker.rejected', subject: requestId });
  if (!(await store.registrations.decide(requestId, { reason }))) throw refuse('conflict', 'it was decided already');
  announce(context, requestId);
  studio.log.info('registration.rejected', { requestId });
  return nothing();
}

async function invite(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { random, clock, hashOf } = context;
  const token = newToken(random);
  const expiresAt = clock.now() + BOOTSTRAP_MS;
  const store = audited(context, exchange, { action: 'worker.invited' });
  await store.registrations.addBootstrapToken(hashOf(token), expiresAt);
  return json({ token, expiresAt: isoOf(expiresAt) }, 201);
}

/** An installation that was approved before stays the worker it was. Approving twice is as good as once. */
async function approve(context: OperatorContext, exchange: OperatorExchange): Promise<string> {
  const requestId = param(exchange, 'id');
  const { studio, random, clock } = context;
  const { registrations, workers } = studio.store;
  const asked = existing(await registrations.get(requestId), 'registration', requestId);
  if (asked.state !== 'pending') return approvedBefore(asked);
  const { installId, capabilities } = asked;
  const workerId = (await workers.byInstall(installId))?.id ?? `w-${random.hex(8)}`;
  const approval = { action: 'worker.approved', subject: workerId, details: { request: requestId } } as const;
  const store = audited(context, exchange, approval);
  const worker = { id: workerId, installId, capabilities, createdAt: clock.now() };
  if (!(await store.registrations.decide(requestId, { worker }))) {
    return approvedBefore(existing(await registrations.get(requestId), 'registration', requestId));
  }
  announce(context, requestId);
  studio.log.info('worker.approved', { workerId, by: 'operator' });
  return workerId;
}

/** The worker that it became. @throws Refusal 409 when it was rejected */
function approvedBefore({ state, workerId }: RegistrationRow): string {
  if (state === 'approved' && workerId !== undefined) return workerId;
  throw refuse('conflict', 'it was rejected already');
}

/** A poll may be held open here, or at another studio on this database. */
function announce({ studio, decisions }: OperatorContext, requestId: string): void {
  decisions.announce(requestId);
  studio.bus.publish({ is: 'decided', requestId });
}

const viewOf = (row: RegistrationRow) => {
  const capabilities = capabilitiesOf(row.capabilities);
  return {
    requestId: row.requestId,
    installId: row.installId,
    machineName: capabilities?.machineName ?? '',
    username: capabilities?.username ?? '',
    agentVersion: capabilities?.agentVersion ?? '',
    vramTotalGb: capabilities?.vramTotalGb ?? 0,
    taskKinds: capabilities?.taskKinds ?? [],
    supportedModels: capabilities?.supportedModels ?? [],
    createdAt: isoOf(row.createdAt),
  };
};

/** Kept as JSON; undefined when another release wrote what this one cannot read. */
export function capabilitiesOf(text: string): ReadCapabilities | undefined {
  const read = readJson(CapabilitiesSchema, text);
  return read.is === 'read' ? read.value : undefined;
}
