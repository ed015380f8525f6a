import type { OutputCheck } from '../../src/jobs/output-check.ts';

/** Finds every result good, for tests whose engines return stand-ins. */
export const trusting: OutputCheck = { check: () => Promise.resolve() };
