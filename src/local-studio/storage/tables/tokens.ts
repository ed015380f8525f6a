import type { Scope } from '../../../contract/operator/tokens.ts';

/** A token of a project. Times in milliseconds since the epoch. */
export interface TokenRow {
  /** What it begins with, by which it is found. */
  readonly id: string;
  /** SHA-256 of all of it, in hex. */
  readonly hash: string;
  readonly name: string | undefined;
  readonly project: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  /** Good for ever when undefined. */
  readonly expiresAt: number | undefined;
}

/** Tokens of projects. Each request asks it, so that one that was revoked opens nothing, at whichever studio. */
export interface TokenTable {
  get(id: string): Promise<TokenRow | undefined>;
  /** Oldest first. */
  list(): Promise<readonly TokenRow[]>;
  /** False when there is no such project. */
  add(token: TokenRow): Promise<boolean>;
  remove(id: string): Promise<boolean>;
}
