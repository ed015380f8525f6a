import * as v from 'valibot';
import { absentable } from '../numbers.ts';
import { Timestamp } from './timestamp.ts';

/*
 * The audit log: who changed what in our own studio, and from where. Part of the operator API, see `views.ts`.
 */

/** What is written down. */
const AUDIT_ACTIONS = [
  'job.created',
  'job.changed',
  'job.cancelled',
  'job.retried',
  'worker.approved',
  'worker.rejected',
  'worker.invited',
  'worker.removed',
  'model.added',
  'model.replaced',
  'model.removed',
  'project.added',
  'project.changed',
  'project.removed',
  'token.added',
  'token.removed',
  'webhook.added',
  'webhook.enabled',
  'webhook.removed',
  'webhook.retried',
  'artifact.expired',
  'audit.expired',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did it: the operator's token, the dashboard, a project's token, a bootstrap token, or a studio by itself. */
const AUDIT_ACTORS = ['operator', 'dashboard', 'token', 'bootstrap-token', 'studio'] as const;
export type AuditActor = (typeof AUDIT_ACTORS)[number];

const Seq = v.pipe(v.number(), v.integer(), v.minValue(0));

export const AuditEntrySchema = v.object({
  /** Grows with each entry. */
  seq: Seq,
  at: Timestamp,
  /** Plain texts, so that those of a newer studio still parse. */
  actor: v.string(),
  /** What a project's token begins with, or which studio it was. */
  actorId: absentable(v.string()),
  /** The name of a project's token. */
  actorName: absentable(v.string()),
  action: v.string(),
  /** Id of the job, worker, request, model, project, token, webhook or delivery. */
  subject: absentable(v.string()),
  project: absentable(v.string()),
  /** More on it, by name; never a secret. */
  details: absentable(v.record(v.string(), v.unknown())),
  /** Where the request came from. */
  address: absentable(v.string()),
});
export type AuditEntry = v.InferOutput<typeof AuditEntrySchema>;

/** Newest first, by pages with `cursor`; with `after` oldest first, behind that `seq`. */
export const AuditQuerySchema = v.object({
  since: absentable(Timestamp),
  limit: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number), v.minValue(1), v.maxValue(1_000)),
    '100',
  ),
  cursor: absentable(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))),
  after: absentable(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))),
});
export const AuditPageSchema = v.object({ entries: v.array(AuditEntrySchema), nextCursor: absentable(v.string()) });
export type AuditPage = v.InferOutput<typeof AuditPageSchema>;
