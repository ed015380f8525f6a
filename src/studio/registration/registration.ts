import type { WorkerId } from '../../base/ids.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Sha256 } from '../../system/disk/digest.ts';
import type { Random } from '../../system/random.ts';
import type { RegistrationClient } from './client.ts';
import type { Approval, Policy } from './machine.ts';
import type { RegistrationStore } from './record.ts';

/** The state of registration, for `status`. `since` in milliseconds since the epoch. */
export type RegistrationStatus =
  | { readonly at: 'pristine' | 'stopped' }
  | { readonly at: 'pending'; readonly requestId: string; readonly since: number }
  | { readonly at: 'approved'; readonly workerId: WorkerId }
  | { readonly at: 'rejected'; readonly reason: string };

/** What registration works with. */
export interface RegistrationOptions {
  readonly client: RegistrationClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly sha256: Sha256;
  readonly store: RegistrationStore;
  /** Read at each request. */
  readonly capabilities: () => Capabilities | Promise<Capabilities>;
  readonly log: Logger;
  readonly policy?: Partial<Policy>;
}

/** Asks the operator at the studio to let this worker in, for as long as that takes. */
export interface Registration {
  /** Resumes from what the config remembers; the first call goes out at once. Idempotent. */
  start(): void;
  status(): RegistrationStatus;
  /** Who we are to the studio now; undefined while it has not approved us. */
  approval(): Approval | undefined;
  /** Settles at the first approval, after its credentials were saved (or the save failed). Never rejects. */
  readonly approved: Promise<Approval>;
  /** Calls back after each change; the returned function ends that. */
  onChange(call: (status: RegistrationStatus) => void): () => void;
  /** Forgets who we are, on disk too, and asks again. */
  reset(): void;
  /**
   * The same because the studio said so about this worker. Nothing happens when we go by another id by now: its answer
   * came late.
   */
  revoke(revoked: { readonly workerId: string; readonly reason: string }): void;
  /**
   * To be called when somebody else may have changed what the config remembers: adopts credentials that appeared
   * there, and restarts when the install id is gone, which is how `register --reset` reaches a running worker.
   */
  reload(): void;
  /**
   * Registers in one call with the studio's bootstrap token, instead of waiting for an operator.
   *
   * @throws WorkerError `studio.refused` | `registration.failed` | `config.not-saved`
   */
  bootstrap(token: string): Promise<Approval>;
  /** Ends every call and timer, and waits for a save that is under way. Idempotent. */
  stop(): Promise<void>;
}
