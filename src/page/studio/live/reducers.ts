import { hasEnded, type LogLine, type WorkerView } from '../../../contract/operator/views.ts';
import type { JobRowView } from '../../../contract/page/dashboard.ts';

/** As many log lines as a window holds; the oldest go. */
const MAX_LINES = 50_000;

/** Jobs by id, in the order of the list: at work, queued, then those that ended, newest first. */
export function sortedJobs(jobs: ReadonlyMap<string, JobRowView>): readonly JobRowView[] {
  return [...jobs.values()].toSorted(
    (a, b) => rank(a) - rank(b) || (hasEnded(a.state) ? since(b) - since(a) : since(a) - since(b)),
  );
}

const rank = ({ state }: JobRowView): number =>
  state === 'running' ? 0 : state === 'offered' ? 1 : state === 'queued' ? 2 : 3;

/** When it came into its state, as far as the list is sorted by that; in milliseconds since the epoch. */
const since = ({ state, startedAt, finishedAt, updatedAt, createdAt }: JobRowView): number => {
  if (state === 'running') return Date.parse(startedAt ?? updatedAt);
  return Date.parse(hasEnded(state) ? (finishedAt ?? updatedAt) : createdAt);
};

/** The jobs after some of them were read or changed. An older state never takes the place of a newer one. */
export function jobsWith(
  jobs: ReadonlyMap<string, JobRowView>,
  changed: readonly JobRowView[],
): ReadonlyMap<string, JobRowView> {
  const next = new Map(jobs);
  for (const job of changed) {
    const before = next.get(job.id);
    if (before === undefined || before.updatedAt <= job.updatedAt) next.set(job.id, job);
  }
  return next;
}

/** The workers after one of them changed, in the order in which they joined. */
export function workersWith(workers: readonly WorkerView[], worker: WorkerView): readonly WorkerView[] {
  const at = workers.findIndex(({ workerId }) => workerId === worker.workerId);
  return at === -1 ? [...workers, worker] : workers.with(at, worker);
}

/** The lines after others came, each once and in their order. */
export function linesWith(lines: readonly LogLine[], added: readonly LogLine[]): readonly LogLine[] {
  const newest = lines.at(-1)?.seq ?? 0;
  const fresh = added.filter(({ seq }) => seq > newest);
  return fresh.length === 0 ? lines : [...lines, ...fresh].slice(-MAX_LINES);
}
