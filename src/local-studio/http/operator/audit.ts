import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { type AuditEntry, AuditQuerySchema } from '../../../contract/operator/audit.ts';
import type { Store } from '../../storage/store.ts';
import type { AuditDraft, AuditRow } from '../../storage/tables/audit.ts';
import type { Caller } from '../access/guard.ts';
import { json, readQuery } from '../http.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** Who changed what. */
export const auditRoutes: OperatorRoutes = ({ studio }) => [
  {
    ...routes.audit,
    handle: async ({ url }) => {
      const { since, limit, cursor, after } = readQuery(url, AuditQuerySchema);
      const from = since === undefined ? undefined : Date.parse(since);
      const rows = await studio.store.audit.page({ since: from, before: cursor, after, limit });
      const isMore = after === undefined && rows.length === limit;
      return json({ entries: rows.map(viewOf), nextCursor: isMore ? rows.at(-1)?.seq.toString() : undefined });
    },
  },
];

/** The store for one change of a caller's, which stands in the audit log with it. */
export const audited = (
  { studio, clock }: OperatorContext,
  { caller, peer }: OperatorExchange,
  change: Pick<AuditDraft, 'action' | 'subject' | 'project' | 'details'>,
): Store => studio.store.audited({ at: clock.now(), ...actorOf(caller), address: peer.address, ...change });

const actorOf = (caller: Caller): Pick<AuditDraft, 'actor' | 'actorId' | 'actorName'> =>
  caller.is === 'operator'
    ? { actor: caller.by === 'token' ? 'operator' : 'dashboard' }
    : { actor: 'token', actorId: caller.tokenId, actorName: caller.tokenName };

const viewOf = ({ seq, at, details, ...row }: AuditRow): AuditEntry => ({
  seq,
  at: isoOf(at),
  actor: row.actor,
  actorId: row.actorId,
  actorName: row.actorName,
  action: row.action,
  subject: row.subject,
  project: row.project,
  details: details === undefined ? undefined : detailsIn(details),
  address: row.address,
});

/** The log wrote it itself; whatever else is there is shown as nothing. */
function detailsIn(text: string): Record<string, unknown> | undefined {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}
