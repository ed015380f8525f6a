import type { ProjectTable } from './tables/projects.ts';
import type { RejectionTable } from './tables/rejections.ts';
import type { AuditDraft, AuditTable } from './tables/audit.ts';
import type { FigureTable } from './tables/figures.ts';
import type { JobTable } from './tables/jobs.ts';
import type { LogTable } from './tables/logs.ts';
import type { ModelTable } from './tables/models.ts';
import type { RegistrationTable } from './tables/registrations.ts';
import type { TokenTable } from './tables/tokens.ts';
import type { WebhookTable } from './tables/webhooks.ts';
import type { WorkerTable } from './tables/workers.ts';

/**
 * What the studio remembers. Nobody but the store knows which database keeps it.
 *
 * What must be on the disk before which answer, so that a kill at any moment loses no job and does none twice:
 *
 *   a job is created        on disk before the operator's 201
 *   a job is offered        written before the offer, not synced: after a kill it is still there, and the job stays with
 *                           that worker until its heartbeats say otherwise; after a power cut the job is merely queued
 *   an offer is accepted    written, not synced: when it is lost, the studio that saw it gives the job to its worker again
 *   a job is completed      on disk, artifact first, before `completeAck` or 2xx: the worker then forgets the result
 *   a job fails, is retried or cancelled   on disk before the answer
 *   who is to be told of a job's end       with that end, in one transaction
 *   tokens and approvals    on disk before they are handed out
 *
 * Every change of a job names the state it expects. Of two that race, the second changes nothing and returns false.
 */
export interface Store {
  readonly registrations: RegistrationTable;
  readonly workers: WorkerTable;
  readonly models: ModelTable;
  readonly jobs: JobTable;
  readonly rejections: RejectionTable;
  readonly webhooks: WebhookTable;
  readonly logs: LogTable;
  readonly projects: ProjectTable;
  readonly tokens: TokenTable;
  readonly audit: AuditTable;
  readonly figures: FigureTable;
  /** Asks the database for nothing. @throws its error when it does not answer */
  ping(): Promise<void>;
  /** The same store, for one change: it stands in the audit log with the entry, or neither is there. */
  audited(entry: AuditDraft): Store;
  close(): Promise<void>;
}
