import type { WorkerDraft } from './workers.ts';

/** A worker's request to be approved. Times in milliseconds since the epoch. */
export interface RegistrationRow {
  readonly requestId: string;
  readonly installId: string;
  readonly secretHash: string;
  /** JSON of the capabilities. */
  readonly capabilities: string;
  readonly state: 'pending' | 'approved' | 'rejected';
  readonly reason: string;
  readonly workerId: string | undefined;
  readonly createdAt: number;
}

/** Requests to be approved, and bootstrap tokens that need no approval. */
export interface RegistrationTable {
  /** Keeps a request; an older pending one of the same installation is replaced. */
  add(row: RegistrationRow): Promise<void>;
  get(requestId: string): Promise<RegistrationRow | undefined>;
  pendingOf(installId: string): Promise<RegistrationRow | undefined>;
  /** Waiting ones, oldest first. */
  pending(): Promise<readonly RegistrationRow[]>;
  /** Approves it as that worker, which is put with it, or rejects it. False when it does not wait any more. */
  decide(requestId: string, verdict: { readonly worker: WorkerDraft } | { readonly reason: string }): Promise<boolean>;
  /** Keeps the hash of a bootstrap token until then. */
  addBootstrapToken(hash: string, expiresAt: number): Promise<void>;
  /** True once per token. */
  spendBootstrapToken(hash: string, now: number): Promise<boolean>;
}
