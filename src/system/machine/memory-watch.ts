import type { Clock } from '../clock.ts';
import type { Gpus, MemoryReport } from './gpus.ts';

/** Keeps the newest memory report at hand, so that a decision never waits for a driver. */
export interface MemoryWatch extends Disposable {
  /** Undefined until the first answer. */
  readonly latest: MemoryReport | undefined;
  /** When that came, in milliseconds since the epoch. */
  readonly latestAt: number;
  /** Asks now. While a question is under way everybody who asks shares its answer. */
  refresh(): Promise<MemoryReport>;
}

export interface MemoryWatchOptions {
  readonly gpus: Gpus;
  readonly clock: Pick<Clock, 'after' | 'now'>;
  /** Called with each answer. */
  readonly onReport?: (report: MemoryReport) => void;
  /** Time from one answer to the next question. */
  readonly everyMs: number;
}

/** A watch that asks at once, and repeatedly until it is disposed of. */
export function watchMemory({ gpus, clock, everyMs, onReport }: MemoryWatchOptions): MemoryWatch {
  let latest: MemoryReport | undefined;
  let latestAt = 0;
  let asking: Promise<MemoryReport> | undefined;
  let disarm = (): void => {};
  let over = false;

  async function ask(): Promise<MemoryReport> {
    disarm();
    const report = await gpus.probe();
    latest = report;
    latestAt = clock.now();
    asking = undefined;
    onReport?.(report);
    if (!over) disarm = clock.after(everyMs, () => void refresh());
    return report;
  }
  const refresh = (): Promise<MemoryReport> => (asking ??= ask());

  void refresh();
  return {
    get latest() {
      return latest;
    },
    get latestAt() {
      return latestAt;
    },
    refresh,
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}
