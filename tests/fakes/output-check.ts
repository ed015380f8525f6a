import type { OutputCheck } from '../../src/jobs/output-check.ts';
import type { MemoryUse, ModelUse } from '../../src/jobs/run.ts';

/** Finds every result good, for tests whose engines return stand-ins. */
export const trusting: OutputCheck = { check: () => Promise.resolve() };

/** Follows nobody's memory. */
export const unwatched: MemoryUse = { watched: (_job, work) => work(), ranOut: () => ({}) };

/** Keeps no model longer than its job. */
export const transient: ModelUse = {
  lend: async ({ engine, files, how }, signal, use) => {
    await using model = await engine.load(files, signal, how);
    return await use(model);
  },
};
