import { IGNORE_DELTAS } from '../../src/engines/deltas.ts';
import { CPU_SLOT } from '../../src/jobs/slots/job-slot.ts';
import type { ResultCheck } from '../../src/jobs/result-check.ts';
import type { RepeatFailures } from '../../src/jobs/repeat-failures.ts';
import type { MemoryUse, ModelProvider, RunDeps, RunObserver } from '../../src/jobs/run-deps.ts';

/** Finds every result good, for tests whose engines return stand-ins. */
export const trusting: ResultCheck = { check: () => Promise.resolve() };

/** Follows nobody's memory. */
const unwatched: MemoryUse = { watched: (_job, work) => work(), ranOut: () => ({}) };

/** Lets every crash be one of the engine. */
const unrepeated: RepeatFailures = { during: (_job, work) => work() };

/** Keeps no model longer than its job. */
const transient: ModelProvider = {
  withModel: async ({ engine, files, how }, signal, use) => {
    await using model = await engine.load(files, signal, how);
    return await use(model);
  },
};

/** Lets a job pass unseen. */
export const unobserved: RunObserver = { onPhase: () => {}, onProgress: () => {}, onDelta: IGNORE_DELTAS };

/** A run of whatever an engine makes: nothing is checked, learned or kept. */
export const plainRun: Pick<RunDeps, 'slot' | 'repeats' | 'memory' | 'models' | 'resultCheck'> = {
  slot: CPU_SLOT,
  repeats: unrepeated,
  memory: unwatched,
  models: transient,
  resultCheck: trusting,
};
