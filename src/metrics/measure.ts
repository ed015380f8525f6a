/*
 * Figures as data: what a monitoring system reads, before anybody wrote it down. Names and units as Prometheus wants them:
 * base units, `_total` on what only grows. The prefix of a program is put before each name when it is written.
 */

export type Labels = Readonly<Record<string, string>>;

/** One number of this moment, or one that was counted, under its name without the prefix. */
export interface Measure {
  readonly name: string;
  readonly help: string;
  /** It only grows while the program runs. */
  readonly grows?: true;
  readonly values: readonly { readonly labels?: Labels; readonly value: number }[];
}

/** How long things took: how many were within each bound, which grow. */
export interface Distribution {
  readonly name: string;
  readonly help: string;
  /** Upper ones, ascending. */
  readonly bounds: readonly number[];
  /** `counts` has one number for each bound, without those of the bounds before it, and one for all above. */
  readonly values: readonly { readonly labels: Labels; readonly counts: readonly number[]; readonly sum: number }[];
}

export type Measured = readonly (Measure | Distribution)[];

export const gauge = (name: string, help: string, value: number): Measure => ({ name, help, values: [{ value }] });
export const total = (name: string, help: string, value: number): Measure => ({
  ...gauge(name, help, value),
  grows: true,
});

/** One gauge with a value for each of some labels. */
export const gauges = (name: string, help: string, values: Measure['values']): Measure => ({ name, help, values });
