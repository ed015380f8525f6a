/** One measured fact. */
export interface Measurement {
  readonly name: string;
  readonly unit: 'ms' | 'jobs' | 'jobs/s' | 'tokens/s' | 'MB/s' | 'MB' | 'kB' | '%' | '/s';
  readonly measured: number;
  readonly goal?: Goal;
  /** The same done with nothing in the way, in the same run. */
  readonly limit?: { readonly what: string; readonly measured: number };
}

/** `times` counts in limits: the goal is relative to what was possible in the same run. */
export type Goal = { readonly atMost: number } | { readonly atMostTimes: number } | { readonly atLeastTimes: number };

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly bun: string;
  readonly version: string;
  readonly quick: boolean;
  readonly measurements: readonly Measurement[];
}

export const ratioOf = ({ measured, limit }: Measurement): number | undefined =>
  limit === undefined ? undefined : measured / limit.measured;

/** Undefined where nothing was asked for. */
export function isMet(measurement: Measurement): boolean | undefined {
  const { goal, measured } = measurement;
  if (goal === undefined) return undefined;
  if ('atMost' in goal) return measured <= goal.atMost;
  const ratio = ratioOf(measurement);
  if (ratio === undefined) return false;
  return 'atMostTimes' in goal ? ratio <= goal.atMostTimes : ratio >= goal.atLeastTimes;
}

/** Three digits that matter, without an exponent. */
function digits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function goalText({ goal, unit }: Measurement): string {
  if (goal === undefined) return '';
  if ('atMost' in goal) return `≤ ${goal.atMost} ${unit}`;
  return 'atMostTimes' in goal ? `≤ ${goal.atMostTimes} × the limit` : `≥ ${goal.atLeastTimes} × the limit`;
}

const HEAD = ['measurement', 'measured', 'goal', 'met', 'limit in the same run', 'ratio'] as const;

function rowOf(measurement: Measurement): readonly string[] {
  const { name, unit, measured, limit } = measurement;
  const met = isMet(measurement);
  const ratio = ratioOf(measurement);
  return [
    name,
    `${digits(measured)} ${unit}`,
    goalText(measurement),
    met === undefined ? '' : met ? 'yes' : 'no',
    limit === undefined ? '' : `${digits(limit.measured)} ${unit} (${limit.what})`,
    ratio === undefined ? '' : `${digits(ratio)} ×`,
  ];
}

/** A Markdown table with even columns, which a terminal shows as well. */
export function tableOf(measurements: readonly Measurement[]): string {
  const rows = [HEAD, ...measurements.map(rowOf)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(HEAD), rule, ...rows.slice(1).map(line)].join('\n');
}

/** What `docs/benchmarks.md` shows between its marks. */
export const docsBlock = ({ date, machine, bun, measurements }: Report): string =>
  `Measured on ${date.slice(0, 10)} with the compiled executable on one machine over loopback (${machine},
Bun ${bun}). Times count at the studio's side of the socket, from handing over an offer. The limit is the same exchange
in the same run with a bare WebSocket and HTTP client that has no worker behind it.

${tableOf(measurements)}

A result is on the disk, fsynced, before its first byte is sent, so a large job cannot be faster than the disk and the
upload together: against a bare client that puts it on the disk as well, see the line "at equal safety". The engine of
the 1 MiB job has its bytes ready. Memory counts after ten idle seconds, shared pages of the executable included; the
heap finds its size within the first thousands of jobs.

The chat model is generated: layers that change nothing and take the time of real ones. The library alone runs it in a
process of its own with as many threads, and both at normal priority; neither reads a prompt again that it has read.
Engine host and cancel are measured from the worker's side of the channel. A download is on the disk when it ends, fsynced,
and so is the bare one.
`;

const marksOf = (name: string) => [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`] as const;

/** The page with another block between the marks. @throws when a mark is missing */
export function withBlock(page: string, block: string, name = 'bench'): string {
  const marks = marksOf(name);
  const [start, end] = marks.map((mark) => page.indexOf(mark));
  if (start === undefined || end === undefined || start < 0 || end < start) {
    throw new Error(`the page must hold ${marks.join(' and ')}`);
  }
  return `${page.slice(0, start + marks[0].length)}\n${block}${page.slice(end)}`;
}
