import { shownUrl } from '../../../base/urls.ts';
import { parseJson } from '../../../contract/json.ts';
import type { StudioState } from '../../sessions/state.ts';
import type { JobRow } from '../../storage/tables/jobs.ts';
import type { Caller } from '../access/guard.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';
import { waitsOf } from './why.ts';

/** A job as its caller sees it, with what it waits for. */
export const viewOf = async (studio: StudioState, job: JobRow, caller: Caller) =>
  jobView(job, (await waitsFor(studio, [job], caller)).get(job.id));

/**
 * Why jobs wait, by job. A project that runs all it may is the first reason; the others are about workers and the jobs of
 * others, which are the operator's alone to see.
 */
export async function waitsFor(
  studio: StudioState,
  jobs: readonly JobRow[],
  caller: Caller,
): Promise<ReadonlyMap<string, string>> {
  const full = await fullProjects(studio, jobs);
  const held = jobs.flatMap(({ id, state, project }) => {
    const because = state === 'queued' ? full.get(project) : undefined;
    return because === undefined ? [] : [[id, because] as const];
  });
  if (caller.is === 'project') return new Map(held);
  const isHeld = new Set(held.map(([id]) => id));
  return new Map([
    ...(await waitsOf(
      studio,
      jobs.filter(({ id }) => !isHeld.has(id)),
    )),
    ...held,
  ]);
}

/** The projects of these jobs that run all they may, with that as a text. */
async function fullProjects({ store }: StudioState, jobs: readonly JobRow[]): Promise<ReadonlyMap<string, string>> {
  const full = new Map<string, string>();
  for (const name of new Set(jobs.flatMap(({ state, project }) => (state === 'queued' ? [project] : [])))) {
    const max = (await store.projects.get(name))?.limits.maxRunning;
    const running = max === undefined ? 0 : await store.projects.running(name);
    if (max !== undefined && running >= max) full.set(name, `project ${name} runs ${running} of at most ${max} jobs`);
  }
  return full;
}

/** A job as the operator sees it. */
export const jobView = (job: JobRow, waits: string | undefined) => {
  const { id, state, project, kind, model, prompt, priority, attempts, maxAttempts, workerId, error, artifact } = job;
  return {
    id,
    state,
    project,
    kind,
    model,
    prompt,
    priority,
    attempts,
    maxAttempts,
    workerId,
    error,
    waitsFor: waits,
    createdAt: isoOf(job.createdAt),
    updatedAt: isoOf(job.updatedAt),
    startedAt: job.startedAt === undefined ? undefined : isoOf(job.startedAt),
    finishedAt: job.finishedAt === undefined ? undefined : isoOf(job.finishedAt),
    webhook: job.webhook === undefined ? undefined : shownUrl(job.webhook),
    deadline: job.deadlineAt === undefined ? undefined : isoOf(job.deadlineAt),
    result: job.result === undefined ? undefined : parseJson(job.result),
    ranOn: job.ranOn,
    artifact: artifact && {
      ext: artifact.ext,
      contentType: artifact.contentType,
      sizeBytes: artifact.sizeBytes,
      sha256: artifact.sha256,
    },
  };
};
