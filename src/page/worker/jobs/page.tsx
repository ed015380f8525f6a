import { kindName, TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import { useSignal } from '@preact/signals';
import { LinkButton } from '../../kit/button.tsx';
import { Segmented, Select } from '../../kit/field.tsx';
import { Empty } from '../../kit/message.tsx';
import { Page, Panel } from '../../kit/panel.tsx';
import { JOBS } from '../../words/jobs.ts';
import { SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { StaleBanner } from '../stale.tsx';
import { JobDetail } from './detail.tsx';
import { filterJobs, type JobFilter, NO_FILTER } from './filter.ts';
import { JobList } from './list.tsx';
import { RunningPanels } from './running.tsx';

/** What it is doing now, how long yet; what came of the others and why one failed. */
export function JobsPage() {
  const { jobs, route, status } = usePage().model;
  const filter = useSignal(NO_FILTER);
  const set = (change: Partial<JobFilter>): void => void (filter.value = { ...filter.value, ...change });
  if (jobs.value.length === 0) {
    return (
      <Page title={SHELL.pages.jobs}>
        <StaleBanner />
        <Panel label={JOBS.finished}>
          <NoJobs isReady={status.value?.hero === 'idle' && status.value.obstacles.length === 0} />
        </Panel>
      </Page>
    );
  }
  const { at } = route.value;
  const running = jobs.value.filter((job) => job.status === 'running');
  return (
    <Page title={SHELL.pages.jobs} head={<Filters filter={filter.value} set={set} />} fill lead>
      <div class="stack">
        <StaleBanner />
        <RunningPanels running={running} />
      </div>
      <div class="split" data-view={at === undefined ? 'list' : 'detail'}>
        <JobList filter={filter.value} set={set} openId={at} />
        <JobDetail jobId={at} />
      </div>
    </Page>
  );
}

interface FiltersProps {
  readonly filter: JobFilter;
  readonly set: (change: Partial<JobFilter>) => void;
}

function Filters({ filter, set }: FiltersProps) {
  const { jobs } = usePage().model;
  const many = (source: JobFilter['source']): number => filterJobs(jobs.value, { ...NO_FILTER, source }).length;
  return (
    <>
      <Segmented
        label={JOBS.source}
        push
        value={filter.source}
        onChange={(source) => set({ source })}
        choices={SOURCES.map((value) => ({ value, word: JOBS.sources[value], many: many(value) }))}
      />
      <Select
        id="f-kind"
        label={JOBS.kind}
        fit
        value={filter.kind}
        options={[['any', JOBS.anyKind] as const, ...TASK_KIND_IDS.map((kind) => [kind, kindName(kind)] as const)]}
        onChange={(kind) => set({ kind })}
      />
      <Select
        id="f-outcome"
        label={JOBS.outcome}
        fit
        value={filter.outcome}
        options={OUTCOMES}
        onChange={(outcome) => set({ outcome })}
      />
    </>
  );
}

const SOURCES = ['all', 'studio', 'local'] as const;
const OUTCOMES = [
  ['any', JOBS.anyOutcome],
  ['completed', JOBS.outcomes.completed],
  ['failed', JOBS.outcomes.failed],
  ['cancelled', JOBS.outcomes.cancelled],
] as const;

const NoJobs = ({ isReady }: { readonly isReady: boolean }) => (
  <Empty
    icon="jobs"
    title={JOBS.empty.title}
    say={isReady ? JOBS.empty.connected : JOBS.empty.away}
    actions={isReady ? undefined : <LinkButton href={hrefOf({ tab: 'status' })}>{JOBS.empty.why}</LinkButton>}
  />
);
