import type { Distribution, Labels, Measure } from './measure.ts';

/*
 * What is counted as it happens. Adding costs a look-up, whether or not anybody ever reads it: the library that writes
 * figures is loaded by who does.
 */

/** The labels of one counter or histogram: always all of these, each with few values. */
type Named<Name extends string> = Readonly<Record<Name, string>>;

export interface Counter<Name extends string> {
  add(labels: Named<Name>, by?: number): void;
  read(): Measure;
}

export interface Histogram<Name extends string> {
  observe(labels: Named<Name>, value: number): void;
  read(): Distribution;
}

/** What it is called, and what the numbers are of. */
interface About {
  readonly name: string;
  readonly help: string;
}

/** A counter; those of `zeros` are there before they are counted, so that the first one shows as a rise. */
export function createCounter<const Name extends string = never>(
  about: About,
  zeros: readonly Named<Name>[] = [],
): Counter<Name> {
  const kept = new Map<string, { readonly labels: Labels; value: number }>();
  const add = (labels: Named<Name>, by = 1): void => {
    const key = keyOf(labels);
    const known = kept.get(key);
    if (known === undefined) kept.set(key, { labels, value: by });
    else known.value += by;
  };
  for (const labels of zeros) add(labels, 0);
  return {
    add,
    read: () => ({ ...about, grows: true, values: [...kept.values()].map(({ labels, value }) => ({ labels, value })) }),
  };
}

/** A histogram of these upper bounds, ascending. */
export function createHistogram<const Name extends string>(about: About, bounds: readonly number[]): Histogram<Name> {
  const kept = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number }>();
  const bucketOf = (value: number): number => {
    const at = bounds.findIndex((bound) => value <= bound);
    return at === -1 ? bounds.length : at;
  };
  return {
    observe: (labels, value) => {
      const key = keyOf(labels);
      const known = kept.get(key) ?? { labels, counts: [...bounds, 0].fill(0), sum: 0 };
      kept.set(key, known);
      const at = bucketOf(value);
      known.counts[at] = (known.counts[at] ?? 0) + 1;
      known.sum += value;
    },
    read: () => ({
      ...about,
      bounds,
      values: [...kept.values()].map(({ labels, counts, sum }) => ({ labels, counts: [...counts], sum })),
    }),
  };
}

/** Callers name the labels of one counter in one order. */
const keyOf = (labels: Labels): string => Object.values(labels).join('\0');
