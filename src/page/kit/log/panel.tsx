import type { ComponentChildren } from 'preact';
import { LOGS } from '../../words/logs.ts';
import { LogPane } from './pane.tsx';
import { LogHead, type LogWords, NoLines } from './parts.tsx';
import type { LogView } from './use-log-view.ts';
import { NO_LOG_FILTER, type ShownLine } from './window.ts';

interface LogPanelProps {
  readonly words: LogWords;
  readonly lines: readonly ShownLine[];
  readonly view: LogView;
  /** Whether they are of now. */
  readonly isLive: boolean;
  /** What is said above the lines. */
  readonly children: ComponentChildren;
}

/** The lines of a log, with what narrows them down. */
export const LogPanel = ({ words, lines, view, isLive, children }: LogPanelProps) => (
  <section class={isLive ? 'panel panel--pane' : 'panel panel--pane stale'} aria-label={LOGS.lines}>
    {children}
    <LogHead words={words} lines={lines} filter={view.filter} set={view.set} />
    {view.shown.rows.length === 0 ? (
      <NoLines words={words} many={lines.length} search={view.filter.search} onClear={() => view.set(NO_LOG_FILTER)} />
    ) : (
      <LogPane shown={view.shown} endSeq={view.endSeq} onFollow={() => view.follow(true)} />
    )}
    <div class="panel__foot">
      <span>{words.foot}</span>
    </div>
  </section>
);
