import type { JobRowView } from '../../../contract/page/dashboard.ts';
import { Badge, MuteBadge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { moveInRows } from '../../kit/list-keys.ts';
import { Empty } from '../../kit/message.tsx';
import { JOBS } from '../../words/studio/jobs.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { filterJobs, type JobFilter } from './filter.ts';
import { jobLook, spanOf, titleOf, troubleOf } from './looks.ts';

interface QueueProps {
  readonly filter: JobFilter;
  readonly onClear: () => void;
  readonly openId: string | undefined;
}

/** The jobs that a filter lets through: at work, queued, then those that ended. */
export function QueuePane({ filter, onClear, openId }: QueueProps) {
  const { model, actions } = usePage();
  const all = model.jobs.value ?? [];
  const shown = filterJobs(all, filter);
  const hasOlder = model.olderJobs.value.get(filter.state) !== undefined;
  const isLive = model.link.value.is === 'live';
  return (
    <section class={isLive ? 'panel panel--pane' : 'panel panel--pane stale'} aria-label={JOBS.list}>
      <div class="panel__scroll" onKeyDown={moveInRows}>
        {shown.length > 0 && <JobRows jobs={shown} openId={openId} />}
        {shown.length === 0 && all.length === 0 && <Empty icon="jobs" title={JOBS.none.title} say={JOBS.none.say} />}
        {shown.length === 0 && all.length > 0 && (
          <Empty
            icon="search"
            title={JOBS.nothing.title}
            say={JOBS.nothing.say}
            actions={<Button onPress={onClear}>{JOBS.nothing.clear}</Button>}
          />
        )}
        {hasOlder && (
          <p class="line panel__body--pad">
            <Button small look="quiet" onPress={() => actions.readOlderJobs(filter.state)}>
              {JOBS.older}
            </Button>
          </p>
        )}
      </div>
    </section>
  );
}

interface JobRowsProps {
  readonly jobs: readonly JobRowView[];
  readonly openId: string | undefined;
}

/** Rows of jobs; one of them is the stop of Tab. */
export function JobRows({ jobs, openId }: JobRowsProps) {
  const stop = jobs.find(({ id }) => id === openId) ?? jobs[0];
  return (
    <ul class="rows">
      {jobs.map((job) => (
        <li key={job.id}>
          <JobRow job={job} isOpen={job.id === openId} isStop={job === stop} />
        </li>
      ))}
    </ul>
  );
}

interface JobRowProps {
  readonly job: JobRowView;
  readonly isOpen: boolean;
  readonly isStop: boolean;
}

function JobRow({ job, isOpen, isStop }: JobRowProps) {
  const now = usePage().model.now.value;
  return (
    <a
      class="row row--q"
      href={hrefOf({ tab: 'jobs', at: job.id })}
      data-row
      tabIndex={isStop ? 0 : -1}
      aria-current={isOpen ? true : undefined}
    >
      <Icon name={job.kind} />
      <div class="grow">
        <p class="row__title">{titleOf(job)}</p>
        <p class="row__meta">
          <JobMeta job={job} />
        </p>
      </div>
      <div class="row__end">
        <StateBadge job={job} />
        <span class="num">{spanOf(job, now)}</span>
      </div>
    </a>
  );
}

/** What is in the way of a job, else its model and its worker. */
function JobMeta({ job }: { readonly job: JobRowView }) {
  const workers = usePage().model.workers.value;
  const trouble = troubleOf(job);
  if (trouble !== undefined) {
    return (
      <span class="tone clip1" data-tone={trouble.tone}>
        {trouble.say}
      </span>
    );
  }
  const worker = workers?.find(({ workerId }) => workerId === job.workerId)?.capabilities.machineName;
  return (
    <>
      <span class="clip1">{job.model}</span>
      {worker !== undefined && <span class="clip1">{worker}</span>}
    </>
  );
}

function StateBadge({ job }: { readonly job: JobRowView }) {
  const look = jobLook(job);
  if (job.state === 'completed') return <MuteBadge {...look} />;
  return (
    <Badge plain tone={look.tone} icon={look.icon}>
      {look.word}
    </Badge>
  );
}
