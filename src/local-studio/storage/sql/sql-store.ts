import type { Store } from '../store.ts';
import { auditedSql, createSqlAudit } from './accounts/audit.ts';
import { createSqlProjects } from './accounts/projects.ts';
import { createSqlTokens } from './accounts/tokens.ts';
import { createSqlFigures } from './figures.ts';
import { createSqlJobs } from './jobs.ts';
import { createSqlLogs } from './logs.ts';
import { createSqlModels } from './models.ts';
import { createSqlRegistrations } from './registrations.ts';
import { createSqlRejections } from './rejections.ts';
import type { Sql } from '../../../system/database/sql.ts';
import { createSqlWebhooks } from './webhooks/webhooks.ts';
import { createSignals, type Signals } from './signals.ts';
import { createSqlWorkers } from './workers.ts';

/** The store over any database that speaks our SQL. */
export function createSqlStore(sql: Sql, signals: Signals = createSignals()): Store {
  return {
    registrations: createSqlRegistrations(sql),
    workers: createSqlWorkers(sql),
    models: createSqlModels(sql),
    jobs: createSqlJobs(sql, signals),
    webhooks: createSqlWebhooks(sql, signals),
    rejections: createSqlRejections(sql),
    logs: createSqlLogs(sql),
    projects: createSqlProjects(sql, signals),
    tokens: createSqlTokens(sql),
    audit: createSqlAudit(sql),
    figures: createSqlFigures(sql, signals),
    ping: async () => void (await sql.query('SELECT 1')),
    audited: (entry) => createSqlStore(auditedSql(sql, entry), signals),
    close: () => sql.close(),
  };
}
