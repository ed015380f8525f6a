/*
 * What a job's end means, per the studio contract.
 *
 *   queued ──offer──▶ offered ──accept──▶ running ──result──▶ completed
 *     ▲                  │                   │
 *     ├──reject, 10 s────┘                   │   free of charge
 *     └──fail retryable, lost────────────────┴──▶ failed    costs an attempt; after the last one, or not retryable
 */

/** Attempts a job has before it counts as failed (studio contract: the queue). */
export const MAX_ATTEMPTS = 3;

/** Where a job goes whose run brought no result. `attempts` counts the run that just ended. */
export const afterFailure = (
  job: { readonly attempts: number; readonly maxAttempts: number },
  retryable: boolean,
): 'queued' | 'failed' => (retryable && job.attempts < job.maxAttempts ? 'queued' : 'failed');

/** Why a job failed whose deadline passed: it was waiting, or a worker ran it. */
export const DEADLINE_PASSED = {
  waiting: 'deadline passed before a worker took it',
  running: 'deadline passed while a worker ran it',
} as const;

/** Why a job ended without a result: by its last attempt, which failed or was lost, by its operator, or by its deadline. */
export const ENDED_BECAUSE = ['attempt', 'cancelled', 'deadline'] as const;
export type EndedBecause = (typeof ENDED_BECAUSE)[number];

/** What a worker is told when its job is taken from it: the operator cancelled it, or its deadline passed. */
export type RevokedBecause = Exclude<EndedBecause, 'attempt'>;

/** Why a job was taken from the worker that ran it, where that was decided here; undefined for any other job. */
export function revokedBecause({
  endedBecause,
}: {
  readonly endedBecause: EndedBecause | undefined;
}): RevokedBecause | undefined {
  switch (endedBecause) {
    case 'cancelled':
    case 'deadline':
      return endedBecause;
    case 'attempt':
    case undefined:
      return undefined;
    default:
      return endedBecause satisfies never;
  }
}
