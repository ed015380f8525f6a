import { useComputed, useSignal } from '@preact/signals';
import type { LogLine, WorkerView } from '../../../contract/admin.ts';
import { CopyButton } from '../../kit/copy.tsx';
import { Button } from '../../kit/button.tsx';
import { Search, Segmented, Select } from '../../kit/field.tsx';
import { LEVEL_ICONS, levelOf } from '../../kit/log-row.tsx';
import { Empty } from '../../kit/message.tsx';
import { Page } from '../../kit/panel.tsx';
import { LOGS } from '../../words/logs.ts';
import { STUDIO_LOGS } from '../../words/studio/logs.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import { LogPane } from '../../kit/log/pane.tsx';
import {
  areasOf,
  countLevels,
  filterLines,
  lineText,
  type LogFilter,
  NO_LOG_FILTER,
  type ShownLine,
  windowOf,
} from '../../kit/log/window.ts';
import { usePage } from '../page-context.ts';
import { StaleBanner } from '../shell.tsx';

/** What all workers log, with the worker where a worker's own log has the area. */
export function LogsPage() {
  const { lines, workers, link, route } = usePage().model;
  const filter = useSignal<LogFilter>({ ...NO_LOG_FILTER, search: route.value.at ?? '' });
  /** The newest line that is shown; undefined while following. */
  const endSeq = useSignal<number | undefined>(undefined);
  const named = useComputed(() => namedLines(lines.value, workers.value ?? []));
  const found = useComputed(() => filterLines(named.value, filter.value));
  const shown = useComputed(() => windowOf(found.value, endSeq.value));
  const set = (change: Partial<LogFilter>): void => void (filter.value = { ...filter.value, ...change });
  const follow = (on: boolean): void => void (endSeq.value = on ? undefined : found.value.at(-1)?.seq);
  const isFollowing = endSeq.value === undefined;
  const { rows } = shown.value;
  return (
    <Page
      title={STUDIO.pages.logs}
      fill
      head={<PageHead rows={rows} workers={workers.value?.length ?? 0} isFollowing={isFollowing} onFollow={follow} />}
    >
      <section
        class={link.value.is === 'live' ? 'panel panel--pane' : 'panel panel--pane stale'}
        aria-label={LOGS.lines}
      >
        <StaleBanner />
        <LogHead lines={named.value} filter={filter.value} set={set} />
        {rows.length === 0 ? (
          <Nothing many={named.value.length} filter={filter.value} onClear={() => set(NO_LOG_FILTER)} />
        ) : (
          <LogPane shown={shown.value} endSeq={endSeq} onFollow={() => follow(true)} />
        )}
        <div class="panel__foot">
          <span>{STUDIO_LOGS.foot}</span>
        </div>
      </section>
    </Page>
  );
}

interface PageHeadProps {
  readonly rows: readonly ShownLine[];
  /** How many there are. */
  readonly workers: number;
  readonly isFollowing: boolean;
  readonly onFollow: (on: boolean) => void;
}

/** How many lines are shown, and what can be done with them. */
const PageHead = ({ rows, workers, isFollowing, onFollow }: PageHeadProps) => (
  <>
    <span class="note">{STUDIO_LOGS.shown(rows.length, workers)}</span>
    <div class="push line">
      <CopyButton text={() => rows.map(lineText).join('\n')} title={LOGS.copyTitle} />
      <Button icon="end" pressed={isFollowing} onPress={() => onFollow(!isFollowing)}>
        {LOGS.follow}
      </Button>
    </div>
  </>
);

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

interface LogHeadProps {
  readonly lines: readonly ShownLine[];
  readonly filter: LogFilter;
  readonly set: (change: Partial<LogFilter>) => void;
}

/** No worker is called so. */
const ANY = '';

function LogHead({ lines, filter, set }: LogHeadProps) {
  const many = countLevels(lines);
  return (
    <div class="panel__head">
      <Segmented
        label={LOGS.level}
        value={filter.level}
        onChange={(level) => set({ level })}
        choices={[
          { value: 'all', word: LOGS.levels.all },
          { value: 'info', word: LOGS.levels.info, icon: LEVEL_ICONS.info },
          { value: 'warn', word: LOGS.levels.warn, icon: LEVEL_ICONS.warn, many: many.warn },
          { value: 'error', word: LOGS.levels.error, icon: LEVEL_ICONS.error, many: many.error },
        ]}
      />
      <Select
        id="f-area"
        label={STUDIO_LOGS.area}
        fit
        value={filter.area ?? ANY}
        options={[[ANY, STUDIO_LOGS.anyArea], ...areasOf(lines).map((area) => [area, area] as const)]}
        onChange={(area) => set({ area: area === ANY ? undefined : area })}
      />
      <Search
        size="grow"
        value={filter.search}
        onInput={(search) => set({ search })}
        placeholder={STUDIO_LOGS.search}
        label={LOGS.searchLabel}
        keyHint={LOGS.searchKey}
      />
    </div>
  );
}

interface NothingProps {
  readonly many: number;
  readonly filter: LogFilter;
  readonly onClear: () => void;
}

function Nothing({ many, filter, onClear }: NothingProps) {
  if (many === 0) return <Empty icon="logs" title={STUDIO_LOGS.none.title} say={STUDIO_LOGS.none.say} />;
  return (
    <Empty
      icon="search"
      title={LOGS.noMatch.title(filter.search)}
      say={LOGS.noMatch.say(many)}
      actions={<Button onPress={onClear}>{LOGS.noMatch.clear}</Button>}
    />
  );
}
