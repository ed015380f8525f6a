import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import {
  DEFAULT_PROJECT,
  LIMIT_NAMES,
  ProjectDraftSchema,
  type ProjectLimitsDraft,
  ProjectLimitsSchema,
  ProjectRemovalSchema,
  type ProjectView,
} from '../../../contract/operator/projects.ts';
import { revokeClaim } from '../../sessions/revocations.ts';
import { requeued } from '../../sessions/offering.ts';
import { logFailure } from '../../sessions/state.ts';
import { NO_LIMITS, type ProjectLimits, type ProjectRow } from '../../storage/tables/projects.ts';
import { sees } from '../access/guard.ts';
import { json, nothing, OPERATOR_BODY, readBody, readQuery, refuse } from '../http.ts';
import { audited } from './audit.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** Projects with their limits and what counts against them. */
export const projectRoutes: OperatorRoutes = (context) => {
  const { projects } = context.studio.store;
  return [
    {
      ...routes.projects,
      handle: async () => {
        const views: ProjectView[] = [];
        for (const row of await projects.list()) views.push(await viewOf(context, row));
        return json({ projects: views });
      },
    },
    { ...routes.addProject, handle: (exchange) => add(context, exchange) },
    {
      ...routes.project,
      handle: async (exchange) => json(await viewOf(context, await find(context, exchange))),
    },
    { ...routes.changeProject, handle: (exchange) => change(context, exchange) },
    { ...routes.removeProject, handle: (exchange) => remove(context, exchange) },
  ];
};

async function find({ studio }: OperatorContext, exchange: OperatorExchange): Promise<ProjectRow> {
  const name = param(exchange, 'name');
  const row = sees(exchange.caller, name) ? await studio.store.projects.get(name) : undefined;
  return existing(row, 'project', name);
}

async function add(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio, clock } = context;
  const { name, ...limits } = await readBody(exchange.request, ProjectDraftSchema, OPERATOR_BODY);
  const row = { name, createdAt: clock.now(), limits: { ...NO_LIMITS, ...limitsIn(limits) } };
  const store = audited(context, exchange, { action: 'project.added', subject: name, details: { ...row.limits } });
  if (!(await store.projects.add(row))) {
    throw refuse('conflict', `there is or was a project ${JSON.stringify(name)}: a name is given once`);
  }
  studio.log.info('project.added', { project: name });
  return json(await viewOf(context, row), 201);
}

async function change(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio, clock } = context;
  const wanted = await readBody(exchange.request, ProjectLimitsSchema, OPERATOR_BODY);
  const before = await find(context, exchange);
  const store = audited(context, exchange, { action: 'project.changed', subject: before.name, details: { ...wanted } });
  // Changed where it is locked: who changes another limit at the same time loses nothing.
  const limits = await store.projects.setLimits(before.name, limitsIn(wanted), clock.now());
  if (limits === false) throw refuse('not-found', `no project ${JSON.stringify(before.name)}`);
  studio.log.info('project.changed', { project: before.name });
  logFailure(studio, requeued(studio)); // more of its jobs may run
  return json(await viewOf(context, { ...before, limits }));
}

/** Its jobs stay for the operator; the workers that have some of them are told as by a cancel. */
async function remove(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { studio, clock } = context;
  const name = param(exchange, 'name');
  const { force } = readQuery(exchange.url, ProjectRemovalSchema);
  if (name === DEFAULT_PROJECT) throw refuse('conflict', 'the default project cannot be removed');
  const forced = force !== undefined;
  const store = audited(context, exchange, { action: 'project.removed', subject: name, details: { forced } });
  const removal = await store.projects.remove(name, clock.now(), forced);
  if (removal.is === 'unknown') throw refuse('not-found', `no project ${JSON.stringify(name)}`);
  if (removal.is === 'busy') {
    throw refuse(
      'conflict',
      `project ${name} has jobs that have not ended (${removal.jobs}); \`?force=yes\` cancels them`,
    );
  }
  for (const jobId of removal.underway) {
    revokeClaim(studio, jobId);
    studio.bus.publish({ is: 'cancelled', jobId });
  }
  studio.log.info('project.removed', { project: name });
  return nothing();
}

/** The limits that are named, undefined where one is lifted. */
const limitsIn = (wanted: ProjectLimitsDraft): Partial<ProjectLimits> =>
  Object.fromEntries(
    LIMIT_NAMES.flatMap((name) => {
      const limit = wanted[name] ?? undefined;
      return limit === undefined ? [] : [[name, limit === 'none' ? undefined : limit]];
    }),
  );

const viewOf = async ({ studio, clock }: OperatorContext, row: ProjectRow): Promise<ProjectView> => ({
  name: row.name,
  createdAt: isoOf(row.createdAt),
  limits: row.limits,
  usage: await studio.store.projects.usage(row.name, clock.now()),
});
