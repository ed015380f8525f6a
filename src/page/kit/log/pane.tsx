import type { Signal } from '@preact/signals';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { clockMillis } from '../../format.ts';
import { Button } from '../button.tsx';
import { moveInRows } from '../list-keys.ts';
import { LogRow } from '../log-row.tsx';
import { routeHref } from '../routes.ts';
import { LOGS } from '../../words/logs.ts';
import { type LogWindow, type ShownLine, WINDOW_ROWS } from './window.ts';

interface LogPaneProps {
  readonly shown: LogWindow;
  /** The newest line that is shown; undefined while following. */
  readonly endSeq: Signal<number | undefined>;
  readonly onFollow: () => void;
}

/** The rows, which stay at the newest while they are followed. */
export function LogPane({ shown, endSeq, onFollow }: LogPaneProps) {
  const ref = useRef<HTMLDivElement>(null);
  const isFollowing = endSeq.value === undefined;
  const { rows, earlier, later } = shown;
  const newest = rows.at(-1)?.seq;
  useLayoutEffect(() => {
    if (isFollowing && ref.current !== null) ref.current.scrollTop = ref.current.scrollHeight;
  }, [isFollowing, newest]);
  const stopFollowing = (): void => void (endSeq.value ??= newest);
  return (
    <div
      ref={ref}
      class="panel__scroll"
      tabIndex={0}
      role="region"
      aria-label={LOGS.log}
      onWheel={(event) => event.deltaY < 0 && stopFollowing()}
      onKeyDown={(event) => {
        if (event.key === 'ArrowUp' || event.key === 'Home' || event.key === 'PageUp') stopFollowing();
        if (event.key === 'End') onFollow();
        moveInRows(event);
      }}
    >
      {earlier > 0 && (
        <Step many={Math.min(earlier, WINDOW_ROWS)} word={LOGS.earlier} onPress={() => (endSeq.value = before(rows))} />
      )}
      <Rows rows={rows} />
      {later > 0 && (
        <Step many={Math.min(later, WINDOW_ROWS)} word={LOGS.later} onPress={() => (endSeq.value = after(rows))} />
      )}
      {!isFollowing && <Newer many={later} onPress={onFollow} />}
    </div>
  );
}

/** One tab stop, and one open row. */
function Rows({ rows }: Pick<LogWindow, 'rows'>) {
  const [openSeq, setOpenSeq] = useState<number | undefined>();
  const [stopSeq, setStopSeq] = useState<number | undefined>();
  const stop = rows.some(({ seq }) => seq === stopSeq) ? stopSeq : rows.at(-1)?.seq;
  return (
    <ol class="log">
      {rows.map((line) => (
        <Row
          key={line.seq}
          line={line}
          isOpen={line.seq === openSeq}
          isStop={line.seq === stop}
          onOpen={() => setOpenSeq(line.seq === openSeq ? undefined : line.seq)}
          onFocus={() => setStopSeq(line.seq)}
        />
      ))}
    </ol>
  );
}

/** Half a window on, so that the reader finds what was there before. */
const before = (rows: readonly ShownLine[]): number | undefined => rows[Math.floor(rows.length / 2)]?.seq;
const after = (rows: readonly ShownLine[]): number | undefined => {
  const last = rows.at(-1);
  return last === undefined ? undefined : last.seq + WINDOW_ROWS / 2;
};

interface StepProps {
  readonly many: number;
  readonly word: (many: number) => string;
  readonly onPress: () => void;
}

const Step = ({ many, word, onPress }: StepProps) => (
  <p class="line panel__body--pad">
    <Button small look="quiet" onPress={onPress}>
      {word(many)}
    </Button>
  </p>
);

const Newer = ({ many, onPress }: { readonly many: number; readonly onPress: () => void }) => (
  <div class="newer" role="status">
    {many > 0 && (
      <Button small icon="end" onPress={onPress}>
        {LOGS.newer(many)}
      </Button>
    )}
  </div>
);

interface RowProps {
  readonly line: ShownLine;
  readonly isOpen: boolean;
  readonly isStop: boolean;
  readonly onOpen: () => void;
  readonly onFocus: () => void;
}

const Row = ({ line, ...look }: RowProps) => (
  <LogRow
    time={clockMillis(Date.parse(line.ts))}
    level={line.level}
    area={line.category}
    text={line.message}
    link={line.jobId === undefined ? undefined : <a href={routeHref({ tab: 'jobs', at: line.jobId })}>{line.jobId}</a>}
    more={<p class="t3">{line.ts}</p>}
    open={look.isOpen}
    isStop={look.isStop}
    onOpen={look.onOpen}
    onFocus={look.onFocus}
  />
);
