import { isoOf } from '../../../contract/operator/timestamp.ts';
import type { OperatorErrorCode } from '../../../contract/operator/errors.ts';
import type { OperatorRoute } from '../../../contract/operator/routes.ts';
import type { Scope } from '../../../contract/operator/tokens.ts';

/*
 * Who may do what at the operator API: by the route and what the caller showed, and then by the project of what the request
 * is about.
 */

/** What a route asks of its caller. */
export type Need = 'operator' | Scope;

export const needOf = ({ scope }: OperatorRoute): Need => scope ?? 'operator';

/** Who asks, once that is known. */
export type Caller =
  | { readonly is: 'operator'; readonly by: 'token' | 'dashboard' }
  | {
      readonly is: 'project';
      readonly project: string;
      readonly scopes: readonly Scope[];
      /** What its token begins with, and the name that the operator gave it. */
      readonly tokenId: string;
      readonly tokenName: string | undefined;
      /** In milliseconds since the epoch. */
      readonly expiresAt: number | undefined;
    };

/** What a request showed. Unknown is a token that was never created, and one that was revoked. */
export type Credential = Caller | { readonly is: 'nothing' } | { readonly is: 'unknown' };

export interface Access {
  readonly need: Need;
  readonly credential: Credential;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

export type Verdict =
  | { readonly is: 'allowed'; readonly caller: Caller }
  | { readonly is: 'refused'; readonly error: OperatorErrorCode; readonly message: string };

/** Whether the caller may ask for it at all. What it is about is for `sees` to say. */
export function judge({ need, credential, now }: Access): Verdict {
  if (credential.is === 'operator') return { is: 'allowed', caller: credential };
  if (credential.is === 'nothing') return refused('unauthorized', wanted(need));
  if (credential.is === 'unknown') {
    return refused('unauthorized', `the token is not known here, or was revoked: ${wanted(need)}`);
  }
  const { tokenId, scopes, expiresAt } = credential;
  if (expiresAt !== undefined && expiresAt <= now) {
    return refused('unauthorized', `token ${tokenId} expired at ${isoOf(expiresAt)}`);
  }
  if (need === 'operator') {
    return refused('forbidden', `token ${tokenId} is of a project, and this needs the operator token`);
  }
  if (!scopes.includes(need)) {
    return refused('forbidden', `token ${tokenId} has the ${named(scopes)}, and this needs ${need}`);
  }
  return { is: 'allowed', caller: credential };
}

const named = (scopes: readonly Scope[]): string =>
  `${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(' and ')}`;

const wanted = (need: Need): string =>
  need === 'operator'
    ? 'this needs the operator token as Bearer'
    : `this needs the operator token, or a project's token with the scope ${need}, as Bearer`;

const refused = (error: OperatorErrorCode, message: string): Verdict => ({ is: 'refused', error, message });

/** Whether a caller that was let in sees what belongs to this project. For one that does not, it does not exist. */
export const sees = (caller: Caller, project: string): boolean =>
  caller.is === 'operator' || caller.project === project;
