import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { ShownArtifact } from '../../kit/media/artifact.tsx';
import type { Tone } from '../../kit/tones.ts';
import { JOBS } from '../../words/jobs.ts';

/** A job's state as a shape, a word and a colour. */
export interface JobLook {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

const LOOKS: Readonly<Record<ApiJob['status'], { readonly tone: Tone; readonly icon: IconName }>> = {
  running: { tone: 'busy', icon: 'play' },
  undelivered: { tone: 'busy', icon: 'clock' },
  completed: { tone: 'ok', icon: 'done' },
  failed: { tone: 'bad', icon: 'failed' },
  cancelled: { tone: 'rest', icon: 'cancelled' },
  discarded: { tone: 'bad', icon: 'failed' },
};

export const jobLook = ({ status }: ApiJob): JobLook => ({ ...LOOKS[status], word: JOBS.statuses[status] });

/** What a row says of a job that did not end well; undefined of others. */
export function troubleOf({ status, reason }: ApiJob): string | undefined {
  if (status === 'completed' || status === 'running') return undefined;
  const word = JOBS.statuses[status];
  return reason === undefined ? word : JOBS.because(word, reason);
}

/** Where the small picture of a job's result is, or of what it has made so far: each preview at an address of its own. */
export function thumbnailOf({ jobId, hasThumbnail, previews }: ApiJob): string | undefined {
  if (!hasThumbnail) return undefined;
  const at = `/jobs/${encodeURIComponent(jobId)}/thumbnail`;
  return previews === undefined ? at : `${at}?preview=${previews}`;
}

/** What of a job's result can be shown: the result itself, or its small picture where the worker has no more. */
export function artifactOf(job: ApiJob): ShownArtifact | undefined {
  const { jobId, result } = job;
  const label = job.status === 'running' ? JOBS.preview : JOBS.result(titleOf(job));
  const small = thumbnailOf(job);
  if (result !== undefined) {
    const { type, ext } = result;
    return { src: `/jobs/${encodeURIComponent(jobId)}/result`, type, label, filename: `${jobId}.${ext}` };
  }
  return small === undefined ? undefined : { src: small, type: 'image/png', label, filename: `${jobId}-small.png` };
}

export const titleOf = ({ prompt }: ApiJob): string => (prompt === '' ? JOBS.noPrompt : prompt);
