import { parseJson } from '../../../contract/json.ts';
import type { StudioState } from '../../sessions/state.ts';
import type { JobRow } from '../../storage/store.ts';
import { isoOf } from './context.ts';
import { waitOf } from './why.ts';

/** A job as the operator sees it. */
export const jobView = (studio: StudioState, job: JobRow) => {
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
    waitsFor: waitOf(studio, job),
    createdAt: isoOf(job.createdAt),
    updatedAt: isoOf(job.updatedAt),
    startedAt: job.startedAt === undefined ? undefined : isoOf(job.startedAt),
    finishedAt: job.finishedAt === undefined ? undefined : isoOf(job.finishedAt),
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
