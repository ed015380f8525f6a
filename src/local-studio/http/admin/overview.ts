import { LogQuerySchema, type StatusView } from '../../../contract/admin.ts';
import { VERSION } from '../../../base/version.ts';
import { json, readQuery } from '../http.ts';
import { type AdminContext, type AdminRoutes, isoOf } from './context.ts';

/** The studio at a glance, and what its workers log. */
export const overviewRoutes: AdminRoutes = (context) => [
  { method: 'GET', path: '/admin/status', handle: async () => json(await status(context)) },
  {
    method: 'GET',
    path: '/admin/logs',
    handle: async ({ url }) => {
      const { workerId, after, limit, newest } = readQuery(url, LogQuerySchema);
      return json({
        lines: await context.studio.store.logs.page({ workerId, after, limit, newest: newest !== undefined }),
      });
    },
  },
];

async function status({ studio, startedAt }: AdminContext): Promise<StatusView> {
  const { registrations, workers, jobs } = studio.store;
  const sessions = [...studio.live.values()];
  return {
    version: VERSION,
    startedAt: isoOf(startedAt),
    registrations: { pending: (await registrations.pending()).length },
    workers: {
      known: (await workers.list()).length,
      connected: sessions.length,
      busy: sessions.filter((session) => session.activity.at === 'running').length,
    },
    jobs: await jobs.counts(),
    artifacts: await jobs.artifactTotals(),
  };
}
