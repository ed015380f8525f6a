import type { RejectCode } from '../contract/frames/outbound.ts';

/** Why an offer is turned down. The texts are read by studios that know no codes: byte for byte part of the contract. */
export interface Rejection {
  readonly code: RejectCode;
  readonly reason: string;
}

/** Every reason to turn an offer down (studio contract: the studio matches code and text). */
export const REJECTIONS = {
  paused: { code: 'paused', reason: 'worker paused by operator' },
  inUse: { code: 'paused', reason: 'only when idle: the person is using this computer' },
  busy: { code: 'busy', reason: 'worker already has an in-flight job' },
} as const satisfies Record<string, Rejection>;

/** Everything the decision looks at, read at one moment. */
export interface AdmissionSnapshot {
  /** The operator switched claiming off. */
  readonly paused: boolean;
  readonly onlyWhenIdle: boolean;
  /** Undefined while nobody could tell. */
  readonly userPresence: 'idle' | 'active' | undefined;
  /** The slot is taken: by a job, or by an update being installed. */
  readonly busy: boolean;
  /** The worker is on its way out. */
  readonly stopping: boolean;
  /** The outbox has no room for one more result: refusing an offer beats dropping a result. */
  readonly outboxFull: boolean;
  /** Why this offer in particular cannot be served now, though others may be. The studio may offer it again later. */
  readonly unfit?: string | undefined;
}

export type Admission =
  | { readonly is: 'taken' }
  | {
      readonly is: 'rejected';
      readonly because: Rejection;
      /** More than the code tells, for our own log. */ readonly why?: string;
    };

/** Whether to take an offer now. The first reason that applies is the one given. */
export function admit(snapshot: AdmissionSnapshot): Admission {
  if (snapshot.paused) return { is: 'rejected', because: REJECTIONS.paused };
  if (snapshot.onlyWhenIdle && snapshot.userPresence !== 'idle') return { is: 'rejected', because: REJECTIONS.inUse };
  if (snapshot.busy || snapshot.stopping || snapshot.outboxFull) return { is: 'rejected', because: REJECTIONS.busy };
  if (snapshot.unfit !== undefined) return { is: 'rejected', because: REJECTIONS.busy, why: snapshot.unfit };
  return { is: 'taken' };
}
