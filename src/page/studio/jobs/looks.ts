import { hasEnded, type JobState } from '../../../contract/operator/views.ts';
import type { JobRowView } from '../../../contract/page/dashboard.ts';
import { duration } from '../../format.ts';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { JOBS } from '../../words/studio/jobs.ts';

/** A job's state as a shape, a word and a colour. */
export interface JobLook {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
}

const LOOKS: Readonly<Record<JobState, { readonly tone: Tone; readonly icon: IconName }>> = {
  queued: { tone: 'rest', icon: 'clock' },
  offered: { tone: 'accent', icon: 'clock' },
  running: { tone: 'busy', icon: 'play' },
  completed: { tone: 'ok', icon: 'done' },
  failed: { tone: 'bad', icon: 'failed' },
  cancelled: { tone: 'rest', icon: 'cancelled' },
};

export const jobLook = ({ state }: Pick<JobRowView, 'state'>): JobLook => ({
  ...LOOKS[state],
  word: JOBS.states[state],
});

export const titleOf = ({ prompt }: Pick<JobRowView, 'prompt'>): string => (prompt === '' ? JOBS.noPrompt : prompt);

/** What a row says in place of its worker, where something is in the way. */
export function troubleOf(job: JobRowView): { readonly tone: Tone; readonly say: string } | undefined {
  if (job.state === 'failed') {
    const say = JOBS.failedAfter(job.error ?? JOBS.noReason, job.attempts, job.maxAttempts);
    return { tone: 'bad', say };
  }
  if (job.state !== 'queued' || job.waitsFor === undefined) return undefined;
  // The other workers are told of when the job is opened.
  return { tone: 'busy', say: job.waitsFor.replace(/ \(and \d+ more: .*\)$/, '') };
}

type Times = Pick<JobRowView, 'state' | 'createdAt' | 'startedAt' | 'finishedAt' | 'updatedAt'>;

/** How long it waits, runs or ran. */
export function spanOf(job: Times, now: number): string {
  const [created, started, finished] = [job.createdAt, job.startedAt ?? job.createdAt, job.finishedAt ?? job.updatedAt];
  if (job.state === 'running') return duration(now - Date.parse(started));
  return duration(hasEnded(job.state) ? Date.parse(finished) - Date.parse(started) : now - Date.parse(created));
}
