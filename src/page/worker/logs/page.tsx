import { useComputed } from '@preact/signals';
import { LogPane } from '../../kit/log/pane.tsx';
import { LogActions, LogHead, NoLines } from '../../kit/log/parts.tsx';
import { useLogView } from '../../kit/log/use-log-view.ts';
import { NO_LOG_FILTER } from '../../kit/log/window.ts';
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
      <section class={isLive(link.value) ? 'panel panel--pane' : 'panel panel--pane stale'} aria-label={LOGS.lines}>
        <StaleBanner />
        <LogHead words={LOGS} lines={lines.value} filter={view.filter} set={view.set} />
        {rows.length === 0 ? (
          <NoLines
            words={LOGS}
            many={lines.value.length}
            search={view.filter.search}
            onClear={() => view.set(NO_LOG_FILTER)}
          />
        ) : (
          <LogPane shown={view.shown} endSeq={view.endSeq} onFollow={() => view.follow(true)} />
        )}
        <div class="panel__foot">
          <span>{LOGS.foot}</span>
        </div>
      </section>
    </Page>
  );
}
