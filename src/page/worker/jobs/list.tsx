import { kindName } from '../../../contract/tasks/index.ts';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { clockTime, duration } from '../../format.ts';
import { Chip, MuteBadge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Search } from '../../kit/field.tsx';
import { moveInRows } from '../../kit/list-keys.ts';
import { Empty } from '../../kit/message.tsx';
import { JOBS } from '../../words/jobs.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { isLive } from '../state.ts';
import { daysOf, endOf, filterJobs, type JobFilter, NO_FILTER } from './filter.ts';
import { jobLook, titleOf, troubleOf } from './looks.ts';
import { JobThumb } from './thumb.tsx';

interface JobListProps {
  readonly filter: JobFilter;
  readonly set: (change: Partial<JobFilter>) => void;
  readonly openId: string | undefined;
}

/** The jobs that ended, newest first, by day. */
export function JobList({ filter, set, openId }: JobListProps) {
  const { jobs, now, link } = usePage().model;
  const shown = filterJobs(jobs.value, filter);
  const stop = shown.find(({ jobId }) => jobId === openId) ?? shown[0];
  return (
    <section class={isLive(link.value) ? PANE : `${PANE} stale`} aria-label={JOBS.finished}>
      <div class="panel__head">
        <Search
          size="grow"
          value={filter.search}
          onInput={(search) => set({ search })}
          placeholder={JOBS.search}
          label={JOBS.searchLabel}
        />
      </div>
      <div class="panel__scroll" onKeyDown={moveInRows}>
        {shown.length === 0 && (
          <NoMatch many={filterJobs(jobs.value, NO_FILTER).length} onClear={() => set(NO_FILTER)} />
        )}
        {daysOf(shown, now.value).map(({ title, jobs: ofDay }) => (
          <div key={title}>
            <h2 class="row__head">{title}</h2>
            <ul class="rows">
              {ofDay.map((job) => (
                <li key={job.jobId}>
                  <JobRow job={job} isOpen={job.jobId === openId} isStop={job === stop} />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div class="panel__foot">{JOBS.kept}</div>
    </section>
  );
}

const PANE = 'panel panel--pane split__list';

interface JobRowProps {
  readonly job: ApiJob;
  readonly isOpen: boolean;
  /** The row that Tab goes to. */
  readonly isStop: boolean;
}

function JobRow({ job, isOpen, isStop }: JobRowProps) {
  const look = jobLook(job);
  const trouble = troubleOf(job);
  return (
    <a
      class="row row--job"
      href={hrefOf({ tab: 'jobs', at: job.jobId })}
      data-row
      tabIndex={isStop ? 0 : -1}
      aria-current={isOpen ? true : undefined}
    >
      <JobThumb job={job} />
      <p class="row__title">{titleOf(job)}</p>
      <p class="row__meta">
        {trouble === undefined ? (
          <>
            <span>{kindName(job.kind)}</span>
            <span class="clip1">{job.model}</span>
            {job.source === 'local' && <Chip>{JOBS.local}</Chip>}
          </>
        ) : (
          <span class="tone clip1" data-tone={look.tone}>
            {trouble}
          </span>
        )}
      </p>
      <span class="row__when num">
        {JOBS.tookAt(duration(endOf(job) - job.startedAt), clockTime(endOf(job)))}
        <MuteBadge {...look} />
      </span>
    </a>
  );
}

const NoMatch = ({ many, onClear }: { readonly many: number; readonly onClear: () => void }) => (
  <Empty
    icon="search"
    title={JOBS.nothing.title}
    say={JOBS.nothing.say(many)}
    actions={<Button onPress={onClear}>{JOBS.nothing.clear}</Button>}
  />
);
