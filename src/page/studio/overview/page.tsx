import { useEffect } from 'preact/hooks';
import type { WorkerView } from '../../../contract/operator/views.ts';
import type { JobRowView, OverviewView } from '../../../contract/page/dashboard.ts';
import { duration, gib } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { LinkButton } from '../../kit/button.tsx';
import { Empty } from '../../kit/message.tsx';
import { type Fact, Facts, Page, Panel } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { OVERVIEW } from '../../words/studio/overview.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import { WORKERS } from '../../words/studio/workers.ts';
import { JobRows } from '../jobs/list.tsx';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { StaleBanner } from '../shell.tsx';
import { AskingPanel } from '../workers/asking.tsx';
import { InviteButton } from '../workers/dialogs.tsx';
import { NoWorker, WorkerRows } from '../workers/page.tsx';
import { DayPanel } from './day.tsx';

/** Who waits for me; who works; what is queued and what nobody can take. */
export function OverviewPage() {
  const { model, actions } = usePage();
  const { workers, jobs, link, overview } = model;
  const isLive = link.value.is === 'live';
  useEffect(() => {
    if (isLive) void actions.readOverview();
  }, [isLive, actions]);
  return (
    <Page
      title={STUDIO.pages.overview}
      head={
        <div class="push line">
          <InviteButton />
        </div>
      }
    >
      <StaleBanner />
      <AskingPanel brief />
      {overview.value !== undefined && (
        <div class="cols cols--main">
          <DayPanel overview={overview.value} workers={workers.value?.length ?? 0} />
          <QueuePanel overview={overview.value} />
        </div>
      )}
      {workers.value !== undefined && <WorkersPanel workers={workers.value} isLive={isLive} />}
      {jobs.value !== undefined && <Newest jobs={jobs.value} />}
    </Page>
  );
}

interface WorkersPanelProps {
  readonly workers: readonly WorkerView[];
  readonly isLive: boolean;
}

const WorkersPanel = ({ workers, isLive }: WorkersPanelProps) => (
  <Panel
    title={WORKERS.title}
    stale={!isLive}
    aside={
      <a class="sm" href={hrefOf({ tab: 'workers' })}>
        {WORKERS.all(workers.length)}
      </a>
    }
  >
    {workers.length === 0 ? <NoWorker /> : <WorkerRows workers={workers} />}
  </Panel>
);

/** Beside how much waits, for how long: a long queue that moves asks for nothing, a short one that stands does. */
function QueuePanel({ overview }: { readonly overview: OverviewView }) {
  const { status, now } = usePage().model;
  const { oldestQueuedAt, usualWaitMs, unservable } = overview;
  const facts: readonly Fact[] = [
    { term: OVERVIEW.queued, value: <span class="num">{status.value?.jobs.queued ?? 0}</span> },
    { term: OVERVIEW.running, value: <span class="num">{status.value?.jobs.running ?? 0}</span> },
    {
      term: OVERVIEW.oldest,
      value: <Span ms={oldestQueuedAt === undefined ? undefined : now.value - oldestQueuedAt} none={SHARED.none} />,
    },
    { term: OVERVIEW.usual, value: <Span ms={usualWaitMs} none={SHARED.notKnown} /> },
    {
      term: OVERVIEW.nobody,
      value:
        unservable.count === 0 ? (
          SHARED.none
        ) : (
          <Badge plain tone="busy" icon="warn">
            {unservable.maxVramGb > 0
              ? OVERVIEW.needs(unservable.count, gib(unservable.maxVramGb))
              : String(unservable.count)}
          </Badge>
        ),
    },
  ];
  return (
    <Panel
      title={OVERVIEW.queue}
      aside={
        <a class="sm" href={hrefOf({ tab: 'jobs' })}>
          {OVERVIEW.open}
        </a>
      }
    >
      <div class="panel__body">
        <Facts look="end" facts={facts} />
      </div>
    </Panel>
  );
}

const Span = ({ ms, none }: { readonly ms: number | undefined; readonly none: string }) => (
  <span class="num">{ms === undefined ? none : duration(ms)}</span>
);

const MAX_NEWEST = 6;

function Newest({ jobs }: { readonly jobs: readonly JobRowView[] }) {
  const ended = jobs.filter(({ state }) => state === 'completed' || state === 'failed').slice(0, MAX_NEWEST);
  return (
    <Panel
      title={OVERVIEW.newest}
      aside={
        <a class="sm" href={hrefOf({ tab: 'jobs' })}>
          {OVERVIEW.allJobs}
        </a>
      }
    >
      {ended.length === 0 ? (
        <Empty
          icon="jobs"
          title={OVERVIEW.noJobs.title}
          say={OVERVIEW.noJobs.say}
          actions={<LinkButton href={hrefOf({ tab: 'jobs' })}>{OVERVIEW.noJobs.do}</LinkButton>}
        />
      ) : (
        <JobRows jobs={ended} openId={undefined} />
      )}
    </Panel>
  );
}
