/** Reads progress from output that comes in pieces. */
export interface ProgressReader {
  /** More of what sd-cli printed. */
  read(text: string): void;
}

/** What is called as output shows progress. */
export interface ProgressCalls {
  /** A step of sampling ended. */
  readonly step: (done: number, total: number) => void;
  /** A bar moved, of loading or of sampling. */
  readonly moved: () => void;
}

/** The bar of a loading model has the same shape, but ends in MB/s or GB/s. */
const BAR = /(\d+)\/(\d+) - +?[\d.]+ ?(it\/s|s\/it|[KMG]?B\/s)/g;
/** More than any bar is long. */
const KEPT = 300;

/** Reads progress from sd-cli's output as it comes, however it is cut. A bar is drawn over, so lines never end. */
export function createProgressReader(calls: ProgressCalls): ProgressReader {
  let rest = '';
  return {
    read(text) {
      rest += text;
      let end = 0;
      for (const bar of rest.matchAll(BAR)) {
        const [drawn, done, total, unit = ''] = bar;
        end = bar.index + drawn.length;
        calls.moved();
        if (unit.includes('it')) calls.step(Math.min(Number(done), Number(total)), Number(total));
      }
      rest = rest.slice(end).slice(-KEPT);
    },
  };
}
