import { useSignal } from '@preact/signals';
import type { LogLine, WorkerView } from '../../../contract/operator/views.ts';
import { clockMillis } from '../../format.ts';
import { LinkButton } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { Select } from '../../kit/field.tsx';
import { levelOf, PlainLogRow } from '../../kit/log-row.tsx';
import { Empty } from '../../kit/message.tsx';
import { Page, Panel } from '../../kit/panel.tsx';
import { STUDIO } from '../../words/studio/shell.ts';
import { WORKERS } from '../../words/studio/workers.ts';
import { useBrowser } from '../../kit/page-context.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { StaleBanner } from '../shell.tsx';
import { AskingPanel } from './asking.tsx';
import { InviteButton } from './dialogs.tsx';
import { WorkerRow } from './row.tsx';

/** Who waits for me, who works, and why one takes nothing. */
export function WorkersPage() {
  const { workers, status, link } = usePage().model;
  const many = status.value?.workers;
  const known = workers.value;
  return (
    <Page
      title={STUDIO.pages.workers}
      head={
        <>
          {many !== undefined && <span class="note">{WORKERS.summary(many.known, many.connected, many.busy)}</span>}
          <div class="push">
            <InviteButton />
          </div>
        </>
      }
    >
      <StaleBanner />
      <AskingPanel />
      {known !== undefined && (
        <Panel title={WORKERS.approved} stale={link.value.is !== 'live'}>
          {known.length === 0 ? <NoWorker /> : <WorkerRows workers={known} full />}
        </Panel>
      )}
      {known !== undefined && known.length > 0 && <LogOfOne workers={known} />}
    </Page>
  );
}

export const WorkerRows = ({
  workers,
  full = false,
}: {
  readonly workers: readonly WorkerView[];
  readonly full?: boolean;
}) => (
  <ul class="rows">
    {workers.map((worker) => (
      <WorkerRow key={worker.workerId} worker={worker} full={full} />
    ))}
  </ul>
);

export const NoWorker = () => (
  <Empty
    icon="workers"
    title={WORKERS.none.title}
    say={WORKERS.none.say}
    actions={<CopyCommand command={WORKERS.runCommand(useBrowser().origin())} />}
  />
);

/** As many lines as one glance takes in. */
const MAX_LINES = 8;

/** The newest lines that one worker logged. */
function LogOfOne({ workers }: { readonly workers: readonly WorkerView[] }) {
  const { lines } = usePage().model;
  const chosen = useSignal(workers[0]?.workerId ?? '');
  const worker = workers.find(({ workerId }) => workerId === chosen.value) ?? workers[0];
  if (worker === undefined) return null;
  const shown = lines.value.filter(({ workerId }) => workerId === worker.workerId).slice(-MAX_LINES);
  const { machineName } = worker.capabilities;
  return (
    <Panel
      title={WORKERS.log(machineName)}
      aside={
        <>
          <Select
            id="w-log"
            label={WORKERS.chooseLog}
            fit
            value={worker.workerId}
            options={workers.map(({ workerId, capabilities }) => [workerId, capabilities.machineName] as const)}
            onChange={(workerId) => void (chosen.value = workerId)}
          />
          <LinkButton look="quiet" href={hrefOf({ tab: 'logs', at: machineName })}>
            {WORKERS.openLogs}
          </LinkButton>
        </>
      }
    >
      {shown.length === 0 ? (
        <p class="panel__body note">{WORKERS.noLog}</p>
      ) : (
        <ol class="log log--pad">
          {shown.map((line) => (
            <Line key={line.seq} line={line} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

const Line = ({ line }: { readonly line: LogLine }) => (
  <PlainLogRow
    time={clockMillis(Date.parse(line.ts))}
    level={levelOf(line.level)}
    area={line.category}
    text={line.message}
    link={line.jobId === undefined ? undefined : <a href={hrefOf({ tab: 'jobs', at: line.jobId })}>{line.jobId}</a>}
  />
);
