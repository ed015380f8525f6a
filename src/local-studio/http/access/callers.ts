import { cookieIn, isFromOwnPage } from '../../../page-host/from-page.ts';
import type { SignIns } from '../../../page-host/sign-ins.ts';
import type { Clock } from '../../../system/clock.ts';
import { type HashOf, sameHash, tokenIdOf } from '../../storage/secrets.ts';
import type { TokenTable } from '../../storage/tables/tokens.ts';
import { bearerOf, type Exchange, refuse } from '../http.ts';
import { type Caller, type Credential, judge, type Need } from './guard.ts';

/** Tells who asks: the operator by the token or by the dashboard's cookie, or a project by a token of its own. */
export interface Callers {
  /** Who asks, if it may have what needs this. @throws Refusal 401 or 403 */
  allowed(exchange: Exchange, need: Need): Promise<Caller>;
  /** Not for the dashboard: what it may do, it may not pass on. @throws Refusal 401 */
  assertOperatorToken(exchange: Exchange): void;
  /** Whether the caller would still be let in. */
  isStillAllowed(exchange: Exchange, need: Need): Promise<boolean>;
}

export interface CallersOptions {
  readonly hashOf: HashOf;
  readonly operatorToken: string;
  readonly tokens: Pick<TokenTable, 'get'>;
  readonly pages: Pick<SignIns, 'isOpen'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function createCallers(options: CallersOptions): Callers {
  const { hashOf, clock, pages } = options;
  const expected = hashOf(options.operatorToken);
  const isOperators = (token: string | undefined): boolean => token !== undefined && sameHash(hashOf(token), expected);
  const credentialOf = (exchange: Exchange): Promise<Credential> | Credential => {
    const token = bearerOf(exchange.request);
    if (isOperators(token)) return { is: 'operator', by: 'token' };
    // A wrong token beside a cookie is a program's mistake, which must not go unnoticed.
    if (token !== undefined) return projectBy(token, options);
    return dashboardOf(exchange, pages) ? { is: 'operator', by: 'dashboard' } : { is: 'nothing' };
  };
  const judged = async (exchange: Exchange, need: Need) =>
    judge({ need, credential: await credentialOf(exchange), now: clock.now() });
  return {
    allowed: async (exchange, need) => {
      const verdict = await judged(exchange, need);
      if (verdict.is === 'refused') throw refuse(verdict.error, verdict.message);
      return verdict.caller;
    },
    assertOperatorToken: ({ request }) => {
      if (!isOperators(bearerOf(request))) throw refuse('unauthorized', 'this needs the operator token as Bearer');
    },
    isStillAllowed: async (exchange, need) => (await judged(exchange, need)).is === 'allowed',
  };
}

/** Asks the database each time: a token that was revoked opens nothing, at whichever studio it is shown. */
async function projectBy(token: string, { hashOf, tokens }: CallersOptions): Promise<Credential> {
  const id = tokenIdOf(token);
  const row = id === undefined ? undefined : await tokens.get(id);
  if (row === undefined || !sameHash(hashOf(token), row.hash)) return { is: 'unknown' };
  const { project, scopes, name, expiresAt } = row;
  return { is: 'project', project, scopes, tokenId: row.id, tokenName: name, expiresAt };
}

/** Whether the dashboard asks. @throws Refusal 403 when its page is not one of this studio */
function dashboardOf({ request, url }: Exchange, pages: Pick<SignIns, 'isOpen'>): boolean {
  const cookie = cookieIn(request.headers.get('cookie') ?? '', cookieName({ url }));
  if (cookie === undefined || !pages.isOpen(cookie)) return false;
  const asked = { method: request.method, headers: request.headers, host: request.headers.get('host') ?? '' };
  if (isFromOwnPage(asked, ['http', 'https'])) return true;
  throw refuse('forbidden', 'a page may do this only from the address of this studio');
}

/** Browsers share the cookies of a host between its ports: each studio of a machine has its own. */
export const cookieName = ({ url }: Pick<Exchange, 'url'>): string => `studio-session-${url.port}`;
