import { kindName } from '../../../contract/tasks/index.ts';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { duration } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Bar } from '../../kit/charts/bar.tsx';
import { Button } from '../../kit/button.tsx';
import { Panel } from '../../kit/panel.tsx';
import { JOBS } from '../../words/jobs.ts';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { jobProgress, shareOf } from '../state.ts';
import { useTimeLeft } from '../use-time-left.ts';
import { titleOf } from './looks.ts';
import { JobThumb } from './thumb.tsx';

/** What runs now. */
export const RunningPanels = ({ running }: { readonly running: readonly ApiJob[] }) => (
  <>
    {running.map((job) => (
      <Panel key={job.jobId} label={JOBS.runningJob}>
        <RunningJob job={job} />
      </Panel>
    ))}
  </>
);

function RunningJob({ job }: { readonly job: ApiJob }) {
  const left = useTimeLeft(job.jobId);
  const text = barText(job, left);
  return (
    <div class="run">
      <JobThumb job={job} isLarge />
      <div class="stack stack--tight run__say">
        <p class="line line--nowrap">
          <Badge tone="busy" icon="play">
            {JOBS.running}
          </Badge>
          <a class="medium clip1 plain" href={hrefOf({ tab: 'jobs', at: job.jobId })}>
            {titleOf(job)}
          </a>
        </p>
        <Bar label={JOBS.runningJob} share={shareOf(job)} text={text} />
      </div>
      <RunningFacts job={job} left={left} />
    </div>
  );
}

function RunningFacts({ job, left }: { readonly job: ApiJob; readonly left: number | undefined }) {
  const { model, actions } = usePage();
  const held = model.status.value?.memory.models.find((one) => one.model === job.model);
  return (
    <div class="run__facts">
      <span class="num strong">{farWord(job)}</span>
      <span class="num">{JOBS.soFar(duration(model.now.value - job.startedAt))}</span>
      {left !== undefined && <span class="num">{JOBS.aboutLeft(duration(left))}</span>}
      <span>{STATUS.jobLine(kindName(job.kind), job.model)}</span>
      {held !== undefined && <span class="num">{STATUS.modelStates[held.state]}</span>}
      <Button
        small
        icon={job.source === 'studio' ? 'undo' : 'x'}
        title={job.source === 'studio' ? JOBS.handBackTitle : JOBS.stopTitle}
        onPress={() => actions.cancelJob(job.jobId)}
      >
        {job.source === 'studio' ? JOBS.handBack : JOBS.stop}
      </Button>
    </div>
  );
}

const isCounted = (job: ApiJob): boolean => shareOf(job) !== undefined;

const farWord = (job: ApiJob): string =>
  isCounted(job) && job.progress !== undefined ? JOBS.step(job.progress.done, job.progress.total) : jobProgress(job);

const barText = (job: ApiJob, left: number | undefined): string =>
  isCounted(job) && job.progress !== undefined
    ? JOBS.stepLeft(job.progress.done, job.progress.total, left === undefined ? undefined : duration(left))
    : jobProgress(job);
