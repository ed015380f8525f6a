import { enginesOf, type ReadCapabilities } from '../../contract/capabilities.ts';
import { SourceEngineSchema } from '../../contract/model-source.ts';
import { readJson } from '../../contract/read.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';

/**
 * Whether a worker is worth asking the store for this job: its kind is served, and its estimate within the threshold.
 * The store also knows the job's engine, and offers it only to a worker that names it.
 */
export const suits = (
  capabilities: Pick<ReadCapabilities, 'taskKinds' | 'vramThresholdGb'>,
  job: { readonly kind: TaskKindId; readonly vramGb: number },
): boolean => capabilities.taskKinds.includes(job.kind) && job.vramGb <= capabilities.vramThresholdGb;

/** The same for jobs of a kind and an engine of which the smallest is in this class. */
export const suitsAny = (
  capabilities: ReadCapabilities,
  jobs: { readonly kind: TaskKindId; readonly engine: string; readonly vramClass: number },
): boolean =>
  capabilities.taskKinds.includes(jobs.kind) &&
  enginesOf(capabilities).includes(jobs.engine) &&
  jobs.vramClass <= vramClass(capabilities.vramThresholdGb);

/** Whole gigabytes, rounded up: by these and by kind the queue is sorted. Bounded, so that nobody makes one for each job. */
export const vramClass = (vramGb: number): number => Math.min(MAX_CLASSES, Math.max(0, Math.ceil(vramGb)));
const MAX_CLASSES = 4_096;

/** The name of the engine in a model source as it is stored; empty for a source that does not read. */
export function engineOf(modelSource: string): string {
  const read = readJson(SourceEngineSchema, modelSource);
  return read.is === 'read' ? read.value.engine : '';
}
