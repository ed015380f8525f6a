import type { ApiJob } from '../../local-api/contract/jobs.ts';
import type { ApiLogLine, LogPage } from '../../local-api/contract/logs.ts';
import type { LogLines, StepTimes } from '../worker/model.ts';

/** As many log lines as a window holds; the oldest go. */
export const MAX_LINES = 50_000;
/** As many ended jobs of each source as the worker keeps. */
const MAX_ENDED = 50;

/** The jobs after one of them changed: running ones first, then those that ended, newest first. */
export function jobsAfter(jobs: readonly ApiJob[], job: ApiJob): readonly ApiJob[] {
  const others = jobs.filter(({ jobId }) => jobId !== job.jobId);
  return sorted([job, ...others]);
}

/** Puts jobs into the order of the list, and forgets those that the worker has forgotten. */
export function sorted(jobs: readonly ApiJob[]): readonly ApiJob[] {
  const running = jobs.filter(({ status }) => status === 'running').toSorted((a, b) => a.startedAt - b.startedAt);
  const ended = jobs
    .filter(({ status }) => status !== 'running')
    .toSorted((a, b) => (b.finishedAt ?? b.startedAt) - (a.finishedAt ?? a.startedAt));
  const newest = (source: ApiJob['source']) => ended.filter((job) => job.source === source).slice(0, MAX_ENDED);
  const kept = new Set([...newest('studio'), ...newest('local')]);
  return [...running, ...ended.filter((job) => kept.has(job))];
}

interface Progress {
  readonly jobId: string;
  readonly done: number;
  readonly total: number;
  readonly share: number;
}

/** The jobs after a running one came a step further. */
export const jobsAfterProgress = (jobs: readonly ApiJob[], { jobId, ...progress }: Progress): readonly ApiJob[] =>
  jobs.map((job) => (job.jobId === jobId && job.status === 'running' ? { ...job, progress } : job));

/** The steps seen done, after one more; those of jobs that do not run any more go. */
export function stepsAfter(
  times: ReadonlyMap<string, StepTimes>,
  jobs: readonly ApiJob[],
  at: number,
): ReadonlyMap<string, StepTimes> {
  const next = new Map<string, StepTimes>();
  for (const { jobId, status, progress } of jobs) {
    if (status !== 'running' || progress === undefined) continue;
    const before = times.get(jobId);
    const step = { at, done: progress.done };
    const isSame = before !== undefined && before.last.done === progress.done;
    next.set(jobId, isSame ? before : { first: before?.first ?? step, last: step });
  }
  return next;
}

/** The lines after new ones came. A line that was there before is not taken twice: the log is read while it is followed. */
export function linesAfter({ lines, all }: LogLines, added: readonly ApiLogLine[]): LogLines {
  const newest = lines.at(-1)?.seq ?? 0;
  const fresh = added.filter(({ seq }) => seq > newest);
  if (fresh.length === 0) return { lines, all };
  const joined = [...lines, ...fresh];
  return {
    lines: joined.length > MAX_LINES ? joined.slice(-MAX_LINES) : joined,
    all: Math.max(all, fresh.at(-1)?.seq ?? 0),
  };
}

/**
 * The lines after the log was read anew, which may be older than some that came meanwhile. In another run of the worker
 * they count from the beginning.
 */
export function linesFrom(before: LogLines, { entries, seq }: LogPage): LogLines {
  if (isAnotherRun(before.lines, entries)) return linesAfter({ lines: [], all: 0 }, entries);
  const oldest = entries[0]?.seq ?? Infinity;
  const earlier = before.lines.filter((line) => line.seq < oldest);
  return linesAfter({ lines: earlier, all: before.all }, [
    ...entries,
    ...before.lines.filter((line) => line.seq > seq),
  ]);
}

/** Within one run a line with a higher number is no older, and one number is one line. */
function isAnotherRun(held: readonly ApiLogLine[], entries: readonly ApiLogLine[]): boolean {
  const [newest, last] = [held.at(-1), entries.at(-1)];
  if (newest === undefined || last === undefined) return false;
  if (newest.seq > last.seq) return newest.ts < last.ts;
  const same = entries.find(({ seq }) => seq === newest.seq);
  return same !== undefined && same.ts !== newest.ts;
}
