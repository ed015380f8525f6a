import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals';
import { filterLines, type LogFilter, NO_LOG_FILTER, type ShownLine, windowOf } from './window.ts';

/** What of a log is looked at: the filter, and the newest lines or those that end at one. `search` is where it begins. */
export function useLogView(lines: ReadonlySignal<readonly ShownLine[]>, search: string) {
  const filter = useSignal<LogFilter>({ ...NO_LOG_FILTER, search });
  /** The newest line that is shown; undefined while following. */
  const endSeq = useSignal<number | undefined>(undefined);
  const found = useComputed(() => filterLines(lines.value, filter.value));
  const shown = useComputed(() => windowOf(found.value, endSeq.value));
  return {
    filter: filter.value,
    endSeq,
    shown: shown.value,
    isFollowing: endSeq.value === undefined,
    /** Whether the filter leaves nothing out. */
    isWhole: found.value.length === lines.value.length,
    set: (change: Partial<LogFilter>): void => void (filter.value = { ...filter.value, ...change }),
    follow: (on: boolean): void => void (endSeq.value = on ? undefined : found.value.at(-1)?.seq),
  };
}

/** What of a log is looked at, and how that changes. */
export type LogView = ReturnType<typeof useLogView>;
