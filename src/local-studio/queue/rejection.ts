/** Codes by which a worker means "not now" (studio contract: `reject`). */
const TRANSIENT_CODES = ['busy', 'paused', 'insufficient_memory'] as const;
/** What a worker rejects offers for: one of these, which means "not now", or the job itself. */
export const REJECTED_FOR = [...TRANSIENT_CODES, 'job'] as const;
type RejectedFor = (typeof REJECTED_FOR)[number];

interface RejectedOffer {
  readonly code?: string | undefined;
  readonly reason: string;
}

/** Reasons by which workers without reject codes mean the same (studio contract: `reject`). */
const TRANSIENT_REASONS: readonly (readonly [text: string, RejectedFor])[] = [
  ['worker paused by operator', 'paused'],
  ['only when idle: the person is using this computer', 'paused'],
  ['only when idle: whether a person is using this computer is not known', 'paused'],
  ['worker already has an in-flight job', 'busy'],
  ['worker is installing an update', 'busy'],
  ['insufficient device memory: ', 'insufficient_memory'],
  ['insufficient host memory: ', 'insufficient_memory'],
];

/** What a worker rejected an offer for. A code decides; texts are for workers without codes. */
export const rejectedFor = (rejection: RejectedOffer): RejectedFor =>
  TRANSIENT_CODES.find((known) => known === rejection.code) ??
  TRANSIENT_REASONS.find(([text]) => rejection.reason.includes(text))?.[1] ??
  'job';

/**
 * How long an engine is left alone at a worker that was too busy for one more job of it, unless one of its jobs ends
 * before: what others it runs may end, too. Meanwhile the other engines' jobs fill its slots.
 */
export const NO_SLOT_MS = 30_000;

/** Whether a rejection says that the jobs which a worker runs leave no slot for this one: nothing about the job itself. */
export const isBusyBeside = (code: string | undefined, running: number): boolean => code === 'busy' && running > 0;
