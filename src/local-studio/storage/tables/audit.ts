import type { AuditAction, AuditActor } from '../../../contract/operator/audit.ts';

/** Something that was done, as it is about to be. Never a secret is in it: no token, prompt, URL or body. */
export interface AuditDraft {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly actor: AuditActor;
  /** What a project's token begins with, or which studio it was. */
  readonly actorId?: string | undefined;
  readonly actorName?: string | undefined;
  readonly action: AuditAction;
  readonly subject?: string | undefined;
  readonly project?: string | undefined;
  readonly details?: Readonly<Record<string, AuditDetail>> | undefined;
  readonly address?: string | undefined;
}
/** What is left out is not kept. */
type AuditDetail = string | number | boolean | readonly string[] | undefined;

/** Something that was done. */
export interface AuditRow extends Omit<AuditDraft, 'actor' | 'action' | 'details'> {
  readonly seq: number;
  /** Those of a newer release included. */
  readonly actor: string;
  readonly action: string;
  /** JSON of an object. */
  readonly details: string | undefined;
}

/**
 * The audit log. It only grows, except for what is removed by its age: an entry stands in the transaction of the change
 * that it tells of, by `Store.audited`.
 */
export interface AuditTable {
  /** An entry of its own, for what changes nothing else. */
  add(entry: AuditDraft): Promise<void>;
  /** Newest first; oldest first with `after`, which is the `seq` of the last one seen. */
  page(query: {
    readonly since?: number | undefined;
    readonly before?: number | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<readonly AuditRow[]>;
  /** Removes entries from before then, the oldest first; how many they were, at most `limit`. */
  removeBefore(at: number, limit: number): Promise<number>;
}
