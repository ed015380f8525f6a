import { useComputed } from '@preact/signals';
import { LogPanel } from '../../kit/log/panel.tsx';
import { LogActions } from '../../kit/log/parts.tsx';
import { useLogView } from '../../kit/log/use-log-view.ts';
import { Page } from '../../kit/panel.tsx';
import { LOGS } from '../../words/logs.ts';
import { SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { isLive } from '../state.ts';
import { StaleBanner } from '../stale.tsx';

/** What happened around that moment or job. */
export function LogsPage() {
  const { logs, link, route } = usePage().model;
  const lines = useComputed(() => logs.value.lines);
  const view = useLogView(lines, route.value.at ?? '');
  const { rows } = view.shown;
  return (
    <Page
      title={SHELL.pages.logs}
      fill
      head={
        <>
          <span class="note grow clip1">
            {(view.isFollowing && view.isWhole ? LOGS.shown : LOGS.shownOlder)(rows.length, logs.value.all)}
          </span>
          <LogActions rows={rows} isFollowing={view.isFollowing} onFollow={view.follow} />
        </>
      }
    >
      <LogPanel words={LOGS} lines={lines.value} view={view} isLive={isLive(link.value)}>
        <StaleBanner />
      </LogPanel>
    </Page>
  );
}
