import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { type JobDraft, JobDraftSchema, JobQuerySchema } from '../../../contract/operator/views.ts';
import { writeJson } from '../../../contract/json.ts';
import { DEFAULT_PROJECT } from '../../../contract/operator/projects.ts';
import { promptOf } from '../../../contract/tasks/index.ts';
import { logFailure, type StudioState } from '../../sessions/state.ts';
import { bearerOf, JOB_BODY, json, readBody, readQuery, refuse } from '../http.ts';
import { type Caller, sees } from '../access/guard.ts';
import { assertWorkable } from '../objections.ts';
import { offerJob } from '../../sessions/offering.ts';
import { MAX_ATTEMPTS } from '../../queue/endings.ts';
import type { AttemptRow, JobRow, NewJob } from '../../storage/tables/jobs.ts';
import { deadlineOf, jobChangeRoutes } from './job-changes.ts';
import { jobView, viewOf, waitsFor } from './job-view.ts';
import { whyView } from './why.ts';
import { limitRefusal } from './limits.ts';
import { audited } from './audit.ts';
import { assertReachable } from './webhooks.ts';
import { type OperatorContext, type OperatorExchange, type OperatorRoutes, existing, param } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';

/** Jobs: create, list, watch, change, retry, cancel, and fetch what they made. */
export const jobRoutes: OperatorRoutes = (context) => {
  const { studio } = context;
  const { jobs } = studio.store;
  const find = async (exchange: OperatorExchange): Promise<JobRow> => {
    const id = param(exchange, 'id');
    const job = await jobs.get(id);
    return existing(job !== undefined && sees(exchange.caller, job.project) ? job : undefined, 'job', id);
  };
  return [
    { ...routes.jobs, handle: (exchange) => list(studio, exchange) },
    { ...routes.createJob, handle: (exchange) => create(context, exchange) },
    {
      ...routes.job,
      handle: async (exchange) => json(await viewOf(studio, await find(exchange), exchange.caller)),
    },
    ...jobChangeRoutes(context, find),
    {
      ...routes.why,
      handle: async (exchange) => json(await whyView(studio, await find(exchange))),
    },
    {
      ...routes.artifact,
      handle: async (exchange) => download(context, exchange.request, await find(exchange)),
    },
    {
      ...routes.attempts,
      handle: async (exchange) => attemptsOf(studio, await find(exchange)),
    },
  ];
};

async function list(studio: StudioState, { url, caller }: OperatorExchange): Promise<Response> {
  const { state, limit, cursor, id, project: asked } = readQuery(url, JobQuerySchema);
  const project = caller.is === 'operator' ? asked : ownProject(caller, asked);
  const before = cursor === undefined ? undefined : Number(cursor);
  if (before !== undefined && !Number.isSafeInteger(before)) throw refuse('invalid', 'the cursor is not one of ours');
  const rows = await studio.store.jobs.list({ state, before, limit, id, project });
  const nextCursor = rows.length === limit ? rows.at(-1)?.seq.toString() : undefined;
  const waits = await waitsFor(studio, rows, caller);
  return json({ jobs: rows.map((row) => jobView(row, waits.get(row.id))), nextCursor });
}

async function create(context: OperatorContext, exchange: OperatorExchange): Promise<Response> {
  const { request, caller } = exchange;
  const { studio } = context;
  const draft = await readBody(request, JobDraftSchema, JOB_BODY);
  const job = { ...(await newJob(context, draft)), project: ownProject(caller, draft.project) };
  await assertWorkable({ model: job.model, source: draft.modelSource, task: draft.task }, context.objectionTo);
  if (job.webhook !== undefined) await assertReachable(context, job.webhook);
  const { id: subject, project, kind, model } = job;
  const creation = { action: 'job.created', subject, project, details: { kind, model } } as const;
  const admission = await audited(context, exchange, creation).jobs.add(job);
  if (admission.is === 'limit-reached') throw limitRefusal(job.project, admission, job.createdAt);
  if (admission.is === 'no-project') throw refuse('not-found', `no project ${JSON.stringify(job.project)}`);
  if (job.deadlineAt !== undefined) context.deadlines.note();
  studio.log.info('job.queued', { jobId: job.id, kind: job.kind, model: job.model });
  logFailure(studio, offerJob(studio, job));
  const queued = await studio.store.jobs.get(job.id);
  return json(await viewOf(studio, existing(queued, 'job', job.id), caller), 201);
}

/** The project that a caller speaks of. @throws Refusal 403 when that is not its own */
function ownProject(caller: Caller, asked: string | undefined): string {
  if (caller.is === 'operator') return asked ?? DEFAULT_PROJECT;
  if (asked === undefined || asked === caller.project) return caller.project;
  throw refuse('forbidden', `token ${caller.tokenId} is of project ${caller.project}, and of no other`);
}

/** The job carries its model's recipe as it was when it was asked for. */
async function newJob({ studio, clock, random }: OperatorContext, draft: JobDraft): Promise<Omit<NewJob, 'project'>> {
  const model = draft.model === undefined ? undefined : await studio.store.models.get(draft.model);
  if (model === undefined && draft.modelSource === undefined) {
    throw refuse('invalid', `there is no model ${JSON.stringify(draft.model)}: add it, or send its modelSource`);
  }
  const { kind } = draft.task;
  if (draft.modelSource === undefined && model !== undefined && model.kind !== kind) {
    throw refuse('invalid', `model ${JSON.stringify(model.id)} is for ${model.kind} tasks, not ${kind}`);
  }
  const id = `job-${random.hex(12)}`;
  return {
    id,
    kind,
    model: draft.model ?? draft.modelSource?.engine ?? '',
    modelSource: draft.modelSource === undefined ? (model?.source ?? '') : writeJson(draft.modelSource),
    task: writeJson(draft.task),
    prompt: promptOf(draft.task),
    gameId: draft.gameId ?? 'local',
    assetName: draft.assetName ?? `local/${kind}/${id}`,
    vramGb: draft.vramGbEstimate ?? model?.vramGb ?? 0,
    priority: draft.priority,
    maxAttempts: MAX_ATTEMPTS,
    createdAt: clock.now(),
    deadlineAt: await deadlineOf(studio, draft),
    webhook: draft.webhook,
  };
}

async function download({ artifacts }: OperatorContext, request: Request, job: JobRow): Promise<Response> {
  if (job.artifact === undefined) throw refuse('not-found', 'the job has no artifact');
  const { name, contentType, ext } = job.artifact;
  const disposition = `attachment; filename="${job.id}.${ext}"`;
  // A page of ours may load nothing from elsewhere, so only programs are sent there.
  const url = bearerOf(request) === undefined ? undefined : artifacts.urlOf(name, { contentType, disposition });
  if (url !== undefined) return new Response(null, { status: 302, headers: { location: url } });
  const bytes = existing(await artifacts.open(name), 'artifact', name);
  return new Response(bytes, {
    headers: {
      'content-type': contentType,
      'content-disposition': disposition,
      // The bytes are a worker's: no browser is to take them for a page of ours.
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    },
  });
}

async function attemptsOf({ store }: StudioState, job: JobRow): Promise<Response> {
  const kept = await store.jobs.attempts(job.id);
  return json({ attempts: [...kept, ...openAttempt(job, kept)].map(attemptView) });
}

/** The attempt that is under way stands in the job itself until it ends. */
function openAttempt(job: JobRow, kept: readonly AttemptRow[]): readonly AttemptRow[] {
  if (job.state !== 'running' || job.workerId === undefined) return [];
  const { workerId, startedAt = job.updatedAt } = job;
  const number = Math.max(0, ...kept.map((attempt) => attempt.number)) + 1;
  return [{ number, workerId, startedAt, endedAt: undefined, outcome: 'open', error: undefined }];
}

const attemptView = (attempt: AttemptRow) => ({
  ...attempt,
  startedAt: isoOf(attempt.startedAt),
  endedAt: attempt.endedAt === undefined ? undefined : isoOf(attempt.endedAt),
});
