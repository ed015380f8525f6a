import type { Store } from '../store.ts';
import { auditedSql, createSqlAudit } from './accounts/audit.ts';
import { createSqlProjects } from './accounts/projects.ts';
import { createSqlTokens } from './accounts/tokens.ts';
import { createSqlJobs } from './jobs.ts';
import { createSqlLogs } from './logs.ts';
import { createSqlModels } from './models.ts';
import { createSqlRegistrations } from './registrations.ts';
import { createSqlRejections } from './rejections.ts';
import type { Sql } from '../../../system/database/sql.ts';
import { createSqlWebhooks } from './webhooks/webhooks.ts';
import { createSignal, type Signal } from './webhooks/signal.ts';
import { createSqlWorkers } from './workers.ts';

/** The store over any database that speaks our SQL. */
export function createSqlStore(sql: Sql, queued: Signal = createSignal()): Store {
  return {
    registrations: createSqlRegistrations(sql),
    workers: createSqlWorkers(sql),
    models: createSqlModels(sql),
    jobs: createSqlJobs(sql, queued),
    webhooks: createSqlWebhooks(sql, queued),
    rejections: createSqlRejections(sql),
    logs: createSqlLogs(sql),
    projects: createSqlProjects(sql, queued),
    tokens: createSqlTokens(sql),
    audit: createSqlAudit(sql),
    audited: (entry) => createSqlStore(auditedSql(sql, entry), queued),
    close: () => sql.close(),
  };
}
