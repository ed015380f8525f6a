import { parseJson } from '../../../contract/json.ts';
import type { StudioState } from '../../sessions/state.ts';
import type { JobRow } from '../../storage/store.ts';
import { isoOf } from './context.ts';
import { waitsOf } from './why.ts';

/** A job as the operator sees it, with what it waits for. */
export const viewOf = async (studio: StudioState, job: JobRow) =>
  jobView(job, (await waitsOf(studio, [job])).get(job.id));

/** A job as the operator sees it. */
export const jobView = (job: JobRow, waitsFor: string | undefined) => {
  const { id, state, kind, model, prompt, priority, attempts, maxAttempts, workerId, error, artifact } = job;
  return {
    id,
    state,
    kind,
    model,
    prompt,
    priority,
    attempts,
    maxAttempts,
    workerId,
    error,
    waitsFor,
    createdAt: isoOf(job.createdAt),
    updatedAt: isoOf(job.updatedAt),
    startedAt: job.startedAt === undefined ? undefined : isoOf(job.startedAt),
    finishedAt: job.finishedAt === undefined ? undefined : isoOf(job.finishedAt),
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
