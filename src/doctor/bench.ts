import type { Clock } from '../system/clock.ts';
import { SECOND_MS } from '../base/units.ts';

/** One measured rate, or why there is none. */
export type Measurement =
  | {
      readonly id: string;
      readonly what: string;
      readonly is: 'measured';
      readonly rate: number;
      readonly unit: string;
    }
  | { readonly id: string; readonly what: string; readonly is: 'unmeasured'; readonly because: string };

/** Something whose rate is measured: `work` does it once and gives how much that was. */
export interface Benchmark {
  /** Stable, as the ids of checks are. */
  readonly id: string;
  readonly what: string;
  /** Of one `work` per second, such as `tokens/s`; `x real time` for seconds of speech per second. */
  readonly unit: string;
  readonly work: () => Promise<number>;
}

/** Long enough for a rate that stands when it is measured again. */
const AT_LEAST_MS = SECOND_MS;

/** Repeats the work until enough time has passed; the first time is not counted, since it loads and warms up. */
export async function measure(
  { id, what, unit, work }: Benchmark,
  clock: Pick<Clock, 'elapsed'>,
): Promise<Measurement> {
  await work();
  const startedAt = clock.elapsed();
  let [amount, tookMs] = [0, 0];
  while (tookMs < AT_LEAST_MS) {
    amount += await work();
    tookMs = clock.elapsed() - startedAt;
  }
  return { id, what, is: 'measured', rate: (amount * SECOND_MS) / tookMs, unit };
}
