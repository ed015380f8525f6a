import { kindName } from '../../../contract/tasks/index.ts';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { duration } from '../../format.ts';
import { Bar } from '../../kit/charts/bar.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { JOBS } from '../../words/jobs.ts';
import { PHASES } from '../../words/shared.ts';
import { STATUS } from '../../words/status.ts';
import { hrefOf } from '../route.ts';
import { shareOf } from '../state.ts';
import { useTimeLeft } from '../use-time-left.ts';

/** The job that runs, beside the state. */
export function RunningJob({ job }: { readonly job: ApiJob }) {
  const left = useTimeLeft(job.jobId);
  const { progress, phase = 'running' } = job;
  const isCounted = phase === 'running' && progress !== undefined;
  const far = isCounted
    ? STATUS.stepLeft(progress.done, progress.total, left === undefined ? undefined : duration(left))
    : PHASES[phase];
  const href = hrefOf({ tab: 'jobs', at: job.jobId });
  return (
    <div class="now">
      <span class="thumb thumb--md">
        <Icon name={job.kind} />
      </span>
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
