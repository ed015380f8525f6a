import { LOGS } from '../../words/logs.ts';
import { Button } from '../button.tsx';
import { CopyButton } from '../copy.tsx';
import { Search, Segmented, Select } from '../field.tsx';
import { LEVEL_ICONS } from '../log-row.tsx';
import { Empty } from '../message.tsx';
import { areasOf, countLevels, lineText, type LogFilter, type ShownLine } from './window.ts';

interface LogActionsProps {
  /** The lines that are shown, which are copied. */
  readonly rows: readonly ShownLine[];
  readonly isFollowing: boolean;
  readonly onFollow: (on: boolean) => void;
}

/** What can be done with the lines that are shown. */
export const LogActions = ({ rows, isFollowing, onFollow }: LogActionsProps) => (
  <div class="push line">
    <CopyButton text={() => rows.map(lineText).join('\n')} title={LOGS.copyTitle} />
    <Button icon="end" pressed={isFollowing} onPress={() => onFollow(!isFollowing)}>
      {LOGS.follow}
    </Button>
  </div>
);

/** Words that differ with whose log it is. */
export interface LogWords {
  /** What a line’s category stands for. */
  readonly area: string;
  readonly anyArea: string;
  readonly search: string;
  readonly none: { readonly title: string; readonly say: string };
  readonly foot: string;
}

interface LogHeadProps {
  readonly words: LogWords;
  readonly lines: readonly ShownLine[];
  readonly filter: LogFilter;
  readonly set: (change: Partial<LogFilter>) => void;
}

/** No area, and no worker, is called so. */
const ANY = '';

/** Narrows down the lines: by level, by area, by what somebody types. */
export function LogHead({ words, lines, filter, set }: LogHeadProps) {
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
        label={words.area}
        fit
        value={filter.area ?? ANY}
        options={[[ANY, words.anyArea], ...areasOf(lines).map((area) => [area, area] as const)]}
        onChange={(area) => set({ area: area === ANY ? undefined : area })}
      />
      <Search
        size="grow"
        value={filter.search}
        onInput={(search) => set({ search })}
        placeholder={words.search}
        label={LOGS.searchLabel}
        keyHint={LOGS.searchKey}
      />
    </div>
  );
}

interface NoLinesProps {
  readonly words: LogWords;
  /** How many there are that the filter leaves out. */
  readonly many: number;
  readonly search: string;
  readonly onClear: () => void;
}

/** In place of lines, where there are none to show. */
export function NoLines({ words, many, search, onClear }: NoLinesProps) {
  if (many === 0) return <Empty icon="logs" title={words.none.title} say={words.none.say} />;
  return (
    <Empty
      icon="search"
      title={LOGS.noMatch.title(search)}
      say={LOGS.noMatch.say(many)}
      actions={<Button onPress={onClear}>{LOGS.noMatch.clear}</Button>}
    />
  );
}
