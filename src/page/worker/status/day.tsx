import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { clockTime, percent } from '../../format.ts';
import { DayChart, Key } from '../../kit/charts/charts.tsx';
import { Panel } from '../../kit/panel.tsx';
import { STATUS } from '../../words/status.ts';

const WORDS = STATUS.day;
/** Of the scale below the chart. */
const MARKS = 4;

/** What came of the last 24 hours, hour by hour. */
export function DayPanel({ status }: { readonly status: LiveStatus }) {
  const { day } = status;
  const hours = day.hours.map((hour) => ({
    title: WORDS.hour(clockTime(hour.at), hour.completed, hour.failed, percent(hour.busyShare)),
    done: hour.completed,
    failed: hour.failed,
    busy: hour.busyShare,
  }));
  return (
    <Panel
      title={WORDS.title}
      aside={
        <ul class="legend legend--inline">
          <li>
            <Key part="done" />
            {WORDS.completed(day.completed)}
          </li>
          <li>
            <Key part="bad" />
            {WORDS.failed(day.failed)}
          </li>
          <li>
            <Key part="share" />
            {WORDS.busy(percent(day.busyShare))}
          </li>
        </ul>
      }
    >
      <div class="panel__body">
        <DayChart hours={hours} label={sentenceOf(day)} busyWord={WORDS.axis} scale={scaleOf(day)} />
      </div>
    </Panel>
  );
}

type Day = LiveStatus['day'];

function sentenceOf({ hours, completed, failed }: Day): string {
  const [busiest] = hours.toSorted((a, b) => b.completed - a.completed);
  const last =
    busiest === undefined || busiest.completed === 0
      ? WORDS.quiet
      : WORDS.busiest(clockTime(busiest.at), busiest.completed);
  return WORDS.sentence(completed, failed, last);
}

/** Evenly spread times, the last one in words. */
function scaleOf({ hours }: Day): readonly string[] {
  const step = Math.max(1, Math.floor(hours.length / MARKS));
  const times = hours.filter((_, index) => index % step === 0).map(({ at }) => clockTime(at));
  return [...times.slice(0, MARKS), WORDS.now];
}
