import { useComputed } from '@preact/signals';
import type { LogLine, WorkerView } from '../../../contract/operator/views.ts';
import { LogPanel } from '../../kit/log/panel.tsx';
import { LogActions } from '../../kit/log/parts.tsx';
import { useLogView } from '../../kit/log/use-log-view.ts';
import type { ShownLine } from '../../kit/log/window.ts';
import { levelOf } from '../../kit/log-row.tsx';
import { Page } from '../../kit/panel.tsx';
import { STUDIO_LOGS } from '../../words/studio/logs.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import { usePage } from '../page-context.ts';
import { StaleBanner } from '../shell.tsx';

/** What all workers log, with the worker where a worker's own log has the area. */
export function LogsPage() {
  const { lines, workers, link, route } = usePage().model;
  const named = useComputed(() => namedLines(lines.value, workers.value ?? []));
  const view = useLogView(named, route.value.at ?? '');
  const { rows } = view.shown;
  return (
    <Page
      title={STUDIO.pages.logs}
      fill
      head={
        <>
          <span class="note">{STUDIO_LOGS.shown(rows.length, workers.value?.length ?? 0)}</span>
          <LogActions rows={rows} isFollowing={view.isFollowing} onFollow={view.follow} />
        </>
      }
    >
      <LogPanel words={STUDIO_LOGS} lines={named.value} view={view} isLive={link.value.is === 'live'}>
        <StaleBanner />
      </LogPanel>
    </Page>
  );
}

function namedLines(lines: readonly LogLine[], workers: readonly WorkerView[]): readonly ShownLine[] {
  const names = new Map(workers.map(({ workerId, capabilities }) => [workerId, capabilities.machineName]));
  return lines.map(({ seq, workerId, ts, level, message, jobId }) => ({
    seq,
    ts,
    level: levelOf(level),
    category: names.get(workerId) ?? workerId,
    message,
    ...(jobId !== undefined && { jobId }),
  }));
}
