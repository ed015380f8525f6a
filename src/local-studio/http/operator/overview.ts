import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { LogQuerySchema, type StatusView } from '../../../contract/operator/views.ts';
import { VERSION } from '../../../base/version.ts';
import { json, readQuery } from '../http.ts';
import { answerFigures } from '../../metrics/answer.ts';
import { jobsElsewhere } from '../../sessions/elsewhere.ts';
import { type OperatorContext, type OperatorRoutes } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** The studio at a glance and in figures, and what its workers log. */
export const overviewRoutes: OperatorRoutes = (context) => [
  { ...routes.metrics, handle: () => answerFigures(context) },
  { ...routes.status, handle: async () => json(await studioStatus(context)) },
  {
    ...routes.logs,
    handle: async ({ url }) => {
      const { workerId, after, limit, newest } = readQuery(url, LogQuerySchema);
      return json({
        lines: await context.studio.store.logs.page({ workerId, after, limit, newest: newest !== undefined }),
      });
    },
  },
];

/** The studio at a glance. */
export async function studioStatus({
  studio,
  startedAt,
}: Pick<OperatorContext, 'studio' | 'startedAt'>): Promise<StatusView> {
  const { registrations, workers, jobs, webhooks, figures } = studio.store;
  const known = await workers.list();
  const elsewhere = known.filter(({ id, connected }) => connected && !studio.live.has(id));
  const jobsThere = elsewhere.length === 0 ? undefined : await jobsElsewhere(studio);
  const sessions = [...studio.live.values()];
  return {
    version: VERSION,
    startedAt: isoOf(startedAt),
    registrations: { pending: (await registrations.pending()).length },
    workers: {
      known: known.length,
      connected: sessions.length + elsewhere.length,
      busy:
        sessions.filter(({ running }) => running.size > 0).length +
        elsewhere.filter(({ id }) => (jobsThere?.get(id)?.running.length ?? 0) > 0).length,
    },
    jobs: await jobs.counts(),
    artifacts: await figures.artifacts(),
    webhooks: await webhooks.totals(),
  };
}
