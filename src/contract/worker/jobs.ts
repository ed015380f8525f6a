/**
 * How a job of a worker stands, in its API, its status and its commands. `undelivered`: the result was made, and whoever
 * asked for it does not have it yet. `discarded`: it was made, and they will never have it.
 */
export const JOB_STATUSES = ['running', 'undelivered', 'completed', 'failed', 'cancelled', 'discarded'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What a running job is at, in this order. */
export const JOB_PHASES = ['preparing', 'loading', 'running', 'checking', 'delivering'] as const;
export type JobPhase = (typeof JOB_PHASES)[number];
