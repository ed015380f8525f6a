import type { HourView, OverviewView } from '../../../contract/page/dashboard.ts';
import { HOUR_MS } from '../../../base/units.ts';
import { clockTime, percent } from '../../format.ts';
import { DayChart, Key } from '../../kit/charts/charts.tsx';
import { Panel } from '../../kit/panel.tsx';
import { OVERVIEW } from '../../words/studio/overview.ts';

/** Of the scale below the chart. */
const MARKS = 4;

/** What came of the last 24 hours, hour by hour. */
export function DayPanel({ overview, workers }: { readonly overview: OverviewView; readonly workers: number }) {
  const { hours } = overview;
  const sum = (of: (hour: HourView) => number): number => hours.reduce((all, hour) => all + of(hour), 0);
  const [done, failed] = [sum((hour) => hour.done), sum((hour) => hour.failed)];
  const busyOf = ({ busyMs }: HourView): number => Math.min(1, busyMs / (HOUR_MS * Math.max(1, workers)));
  return (
    <Panel
      title={OVERVIEW.day}
      aside={
        <ul class="legend legend--inline">
          <li>
            <Key part="done" />
            {OVERVIEW.completed(done)}
          </li>
          <li>
            <Key part="bad" />
            {OVERVIEW.failed(failed)}
          </li>
        </ul>
      }
    >
      <div class="panel__body">
        <DayChart
          tall
          hours={hours.map((hour) => ({
            title: OVERVIEW.hour(clockTime(hour.at), hour.done, hour.failed, percent(busyOf(hour))),
            done: hour.done,
            failed: hour.failed,
            busy: busyOf(hour),
          }))}
          label={OVERVIEW.sentence(done, failed, busiestOf(hours))}
          busyWord={OVERVIEW.busy}
          scale={scaleOf(hours)}
        />
      </div>
    </Panel>
  );
}

function busiestOf(hours: readonly HourView[]): string {
  const [busiest] = hours.toSorted((a, b) => b.done - a.done);
  if (busiest === undefined || busiest.done === 0) return OVERVIEW.quiet;
  return OVERVIEW.busiest(clockTime(busiest.at), busiest.done);
}

/** Evenly spread times, the last one in words. */
function scaleOf(hours: readonly HourView[]): readonly string[] {
  const step = Math.max(1, Math.floor(hours.length / MARKS));
  const times = hours.filter((_, index) => index % step === 0).map(({ at }) => clockTime(at));
  return [...times.slice(0, MARKS), OVERVIEW.now];
}
