import { useComputed, useSignal } from '@preact/signals';
import type { ApiLogLine } from '../../../local-api/contract/logs.ts';
import { Button } from '../../kit/button.tsx';
import { CopyButton } from '../../kit/copy.tsx';
import { Search, Segmented, Select } from '../../kit/field.tsx';
import { LEVEL_ICONS } from '../../kit/log-row.tsx';
import { Empty } from '../../kit/message.tsx';
import { Page } from '../../kit/panel.tsx';
import { LOGS } from '../../words/logs.ts';
import { SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { isLive } from '../state.ts';
import { StaleBanner } from '../stale.tsx';
import { LogPane } from '../../kit/log/pane.tsx';
import {
  areasOf,
  countLevels,
  filterLines,
  lineText,
  type LogFilter,
  NO_LOG_FILTER,
  windowOf,
} from '../../kit/log/window.ts';

/** What happened around that moment or job. */
export function LogsPage() {
  const { logs, link, route } = usePage().model;
  const filter = useSignal<LogFilter>({ ...NO_LOG_FILTER, search: route.value.at ?? '' });
  /** The newest line that is shown; undefined while following. */
  const endSeq = useSignal<number | undefined>(undefined);
  const found = useComputed(() => filterLines(logs.value.lines, filter.value));
  const shown = useComputed(() => windowOf(found.value, endSeq.value));
  const set = (change: Partial<LogFilter>): void => void (filter.value = { ...filter.value, ...change });
  const follow = (on: boolean): void => void (endSeq.value = on ? undefined : found.value.at(-1)?.seq);
  const isFollowing = endSeq.value === undefined;
  const { rows } = shown.value;
  const isWhole = found.value.length === logs.value.lines.length;
  return (
    <Page
      title={SHELL.pages.logs}
      fill
      head={
        <>
          <span class="note grow clip1">
            {(isFollowing && isWhole ? LOGS.shown : LOGS.shownOlder)(rows.length, logs.value.all)}
          </span>
          <LogActions rows={rows} isFollowing={isFollowing} onFollow={follow} />
        </>
      }
    >
      <section class={isLive(link.value) ? 'panel panel--pane' : 'panel panel--pane stale'} aria-label={LOGS.lines}>
        <StaleBanner />
        <LogHead lines={logs.value.lines} filter={filter.value} set={set} />
        {rows.length === 0 ? (
          <Nothing lines={logs.value.lines} search={filter.value.search} onClear={() => set(NO_LOG_FILTER)} />
        ) : (
          <LogPane shown={shown.value} endSeq={endSeq} onFollow={() => follow(true)} />
        )}
        <div class="panel__foot">
          <span>{LOGS.foot}</span>
        </div>
      </section>
    </Page>
  );
}

interface LogActionsProps {
  readonly rows: readonly ApiLogLine[];
  readonly isFollowing: boolean;
  readonly onFollow: (on: boolean) => void;
}

const LogActions = ({ rows, isFollowing, onFollow }: LogActionsProps) => (
  <div class="push line">
    <CopyButton text={() => rows.map(lineText).join('\n')} title={LOGS.copyTitle} />
    <Button icon="end" pressed={isFollowing} onPress={() => onFollow(!isFollowing)}>
      {LOGS.follow}
    </Button>
  </div>
);

interface LogHeadProps {
  readonly lines: readonly ApiLogLine[];
  readonly filter: LogFilter;
  readonly set: (change: Partial<LogFilter>) => void;
}

/** No area is called so. */
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
        label={LOGS.area}
        fit
        value={filter.area ?? ANY}
        options={[[ANY, LOGS.anyArea], ...areasOf(lines).map((area) => [area, area] as const)]}
        onChange={(area) => set({ area: area === ANY ? undefined : area })}
      />
      <Search
        size="grow"
        value={filter.search}
        onInput={(search) => set({ search })}
        placeholder={LOGS.search}
        label={LOGS.searchLabel}
        keyHint={LOGS.searchKey}
      />
    </div>
  );
}

interface NothingProps {
  readonly lines: readonly ApiLogLine[];
  readonly search: string;
  readonly onClear: () => void;
}

function Nothing({ lines, search, onClear }: NothingProps) {
  if (lines.length === 0) return <Empty icon="logs" title={LOGS.none.title} say={LOGS.none.say} />;
  return (
    <Empty
      icon="search"
      title={LOGS.noMatch.title(search)}
      say={LOGS.noMatch.say(lines.length)}
      actions={<Button onPress={onClear}>{LOGS.noMatch.clear}</Button>}
    />
  );
}
