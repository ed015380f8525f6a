import type { JobOutcome } from '../../src/jobs/job.ts';
import { toJobId } from '../../src/base/ids.ts';
import { aJob, aTask } from './builders.ts';

/** A job that ended with an artifact. */
export const anOutcome = (id: string, bytes: Uint8Array = Uint8Array.of(1, 2, 3), ranOn?: string): JobOutcome => ({
  job: aJob({ jobId: toJobId(id), task: aTask({ kind: 'audio_tts', text: 'a red fox' }) }),
  startedAt: 0,
  finishedAt: 1,
  is: 'completed',
  result: { is: 'artifact', bytes, ext: 'png' },
  ...(ranOn === undefined ? {} : { ranOn }),
});

/** A job that ended with a JSON result. */
export const aJsonOutcome = (id: string): JobOutcome => ({
  job: aJob({ jobId: toJobId(id) }),
  startedAt: 0,
  finishedAt: 1,
  is: 'completed',
  result: { is: 'json', value: { text: 'hi' } },
});
