import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { JobState } from '../../../contract/operator/views.ts';
import { kindName, TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import { Segmented, Select } from '../../kit/field.tsx';
import { Page } from '../../kit/panel.tsx';
import { JOBS } from '../../words/studio/jobs.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import { usePage } from '../page-context.ts';
import { StaleBanner } from '../shell.tsx';
import { DetailPane } from './detail.tsx';
import { type JobFilter, NO_FILTER } from './filter.ts';
import { NewJobPane } from './form.tsx';
import { QueuePane } from './list.tsx';

/** Create, queue, look at what came of it. */
export function JobsPage() {
  const { model, actions } = usePage();
  const filter = useSignal(NO_FILTER);
  const set = (change: Partial<JobFilter>): void => void (filter.value = { ...filter.value, ...change });
  const { at } = model.route.value;
  const isLive = model.link.value.is === 'live';
  useEffect(() => {
    if (isLive) void actions.openJob(at);
  }, [at, isLive, actions]);
  const choose = (state: JobFilter['state']): void => {
    set({ state });
    if (!model.olderJobs.value.has(state)) void actions.readOlderJobs(state);
  };
  return (
    <Page
      title={STUDIO.pages.jobs}
      fill
      lead={model.link.value.is === 'lost' || model.link.value.is === 'signed-out'}
      head={<Filters filter={filter.value} set={set} onState={choose} />}
    >
      <StaleBanner />
      <div class="desk">
        <NewJobPane />
        <QueuePane filter={filter.value} onClear={() => set(NO_FILTER)} openId={at} />
        <DetailPane jobId={at} />
      </div>
    </Page>
  );
}

const STATES = ['all', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;
/** States of which there is to see how many there are. */
const COUNTED: ReadonlySet<JobFilter['state']> = new Set<JobFilter['state']>(['queued', 'running', 'failed']);

interface FiltersProps {
  readonly filter: JobFilter;
  readonly set: (change: Partial<JobFilter>) => void;
  readonly onState: (state: JobFilter['state']) => void;
}

function Filters({ filter, set, onState }: FiltersProps) {
  const counts = usePage().model.status.value?.jobs;
  const many = (state: JobState | 'all'): number | undefined => {
    if (state === 'all' || counts === undefined || !COUNTED.has(state)) return undefined;
    return state === 'queued' ? counts.queued + counts.offered : counts[state];
  };
  return (
    <>
      <Segmented
        label={JOBS.state}
        push
        value={filter.state}
        onChange={onState}
        choices={STATES.map((value) => ({ value, word: JOBS.filters[value], many: many(value) || undefined }))}
      />
      <Select
        id="f-kind"
        label={JOBS.kind}
        fit
        value={filter.kind}
        options={[['any', JOBS.anyKind], ...TASK_KIND_IDS.map((kind) => [kind, kindName(kind)] as const)]}
        onChange={(kind) => set({ kind })}
      />
    </>
  );
}
