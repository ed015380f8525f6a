import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { TokenDraftSchema, type TokenView } from '../../../contract/operator/tokens.ts';
import { SECOND_MS } from '../../../base/units.ts';
import { newProjectToken } from '../../storage/secrets.ts';
import type { TokenRow } from '../../storage/tables/tokens.ts';
import { json, nothing, OPERATOR_BODY, readBody, refuse } from '../http.ts';
import { audited } from './audit.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** Tokens of projects. One is shown when it is created, and never again. */
export const tokenRoutes: OperatorRoutes = (context) => {
  const { studio } = context;
  const { tokens } = studio.store;
  return [
    {
      ...routes.tokens,
      handle: async () => json({ tokens: (await tokens.list()).map(viewOf) }),
    },
    { ...routes.createToken, handle: (exchange) => create(context, exchange) },
    {
      ...routes.revokeToken,
      handle: async (exchange) => {
        const id = param(exchange, 'id');
        const store = audited(context, exchange, { action: 'token.removed', subject: id });
        existing((await store.tokens.remove(id)) || undefined, 'token', id);
        studio.log.info('token.revoked', { id });
        return nothing();
      },
    },
  ];
};

async function create(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio, clock, random, hashOf } = context;
  const { project, scopes, name, expiresInSeconds } = await readBody(exchange.request, TokenDraftSchema, OPERATOR_BODY);
  const { id, token } = newProjectToken(random);
  const createdAt = clock.now();
  const expiresAt = expiresInSeconds === undefined ? undefined : createdAt + expiresInSeconds * SECOND_MS;
  const row = { id, hash: hashOf(token), name, project, scopes: [...new Set(scopes)], createdAt, expiresAt };
  const details = { name, scopes, expiresAt: expiresAt === undefined ? undefined : isoOf(expiresAt) };
  const store = audited(context, exchange, { action: 'token.added', subject: id, project, details });
  if (!(await store.tokens.add(row))) throw refuse('not-found', `no project ${JSON.stringify(project)}`);
  studio.log.info('token.created', { id, project });
  return json({ ...viewOf(row), token }, 201);
}

const viewOf = ({ id, name, project, scopes, createdAt, expiresAt }: TokenRow): TokenView => ({
  id,
  name,
  project,
  scopes: [...scopes],
  createdAt: isoOf(createdAt),
  expiresAt: expiresAt === undefined ? undefined : isoOf(expiresAt),
});
