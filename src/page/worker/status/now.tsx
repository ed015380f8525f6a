import { kindName } from '../../../contract/tasks/index.ts';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { duration } from '../../format.ts';
import { Bar } from '../../kit/charts/bar.tsx';
import { JOBS } from '../../words/jobs.ts';
import { PHASES } from '../../words/shared.ts';
import { STATUS } from '../../words/status.ts';
import { JobThumb } from '../jobs/thumb.tsx';
import { hrefOf } from '../route.ts';
import { shareOf } from '../state.ts';
import { useTimeLeft } from '../use-time-left.ts';

/** More would push the rest of the page out of sight; the page of jobs has them all. */
const MAX_SHOWN = 4;

/** The jobs that run, beside the state. */
export const RunningJobs = ({ jobs }: { readonly jobs: readonly ApiJob[] }) => (
  <div class="stack stack--tight">
    {jobs.slice(0, MAX_SHOWN).map((job) => (
      <RunningJob key={job.jobId} job={job} />
    ))}
    {jobs.length > MAX_SHOWN && <a href={hrefOf({ tab: 'jobs' })}>{STATUS.moreJobs(jobs.length - MAX_SHOWN)}</a>}
  </div>
);

function RunningJob({ job }: { readonly job: ApiJob }) {
  const left = useTimeLeft(job.jobId);
  const { progress, phase = 'running' } = job;
  const isCounted = phase === 'running' && progress !== undefined;
  const far = isCounted
    ? STATUS.stepLeft(progress.done, progress.total, left === undefined ? undefined : duration(left))
    : PHASES[phase];
  const href = hrefOf({ tab: 'jobs', at: job.jobId });
  return (
    <div class="now">
      <JobThumb job={job} isLarge />
      <div class="now__bar">
        <p class="line line--apart line--nowrap">
          <a class="clip1" href={href}>
            {job.prompt === '' ? JOBS.noPrompt : job.prompt}
          </a>
        </p>
        <Bar label={kindName(job.kind)} share={shareOf(job)} text={far} />
        <p class="line line--apart line--nowrap sm t3">
          <span class="clip1">{STATUS.jobLine(kindName(job.kind), job.model)}</span>
          <span class="num">{far}</span>
        </p>
      </div>
    </div>
  );
}
