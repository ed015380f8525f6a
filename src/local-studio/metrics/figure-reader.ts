import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import { singleFlight } from '../single-flight.ts';
import type { FigureTable, StoreFigures } from '../storage/tables/figures.ts';
import { within } from '../within.ts';

/** What the database counts, at one moment. */
export interface FigureReading extends StoreFigures {
  readonly artifacts: Awaited<ReturnType<FigureTable['artifacts']>>;
}

/** Reads the database for whoever asks; undefined while it does not answer, for then the other figures matter most. */
export type FigureReader = () => Promise<FigureReading | undefined>;

/** Less than a monitoring system waits by default, which is ten seconds. */
export const READING_MS = 5 * SECOND_MS;
/** Artifacts are counted one by one, and change slowly. */
const ARTIFACTS_MS = MINUTE_MS;

/** One reading at a time: who asks meanwhile gets the same, so that many monitoring systems cost no more than one. */
export function createFigureReader(
  figures: FigureTable,
  clock: Pick<Clock, 'now' | 'after' | 'elapsed'>,
): FigureReader {
  let artifacts: { readonly readMs: number; readonly totals: FigureReading['artifacts'] } | undefined;
  const read = singleFlight(async (): Promise<FigureReading> => {
    const counted = await figures.read(clock.now());
    if (artifacts === undefined || clock.elapsed() - artifacts.readMs >= ARTIFACTS_MS) {
      artifacts = { totals: await figures.artifacts(), readMs: clock.elapsed() };
    }
    return { ...counted, artifacts: artifacts.totals };
  });
  return () => within(read(), clock, READING_MS); // what went wrong is counted with the statement
}
