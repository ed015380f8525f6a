import { cookieIn, isFromOwnPage } from '../../page-host/from-page.ts';
import type { SignIns } from '../../page-host/sign-ins.ts';
import { type HashOf, sameHash } from '../storage/secrets.ts';
import { bearerOf, type Exchange, refuse } from './http.ts';

/** Who may operate the studio: programs with the operator token, and pages that were opened with a code. */
export interface OperatorAccess {
  /** @throws Refusal 401 or 403 */
  assertOperator(exchange: Exchange): void;
  /** Not for a page: what it may do, it may not pass on. @throws Refusal 401 */
  assertToken(exchange: Exchange): void;
}

export interface OperatorAccessOptions {
  readonly hashOf: HashOf;
  readonly operatorToken: string;
  readonly pages: Pick<SignIns, 'isOpen'>;
}

export function createOperatorAccess({ hashOf, operatorToken, pages }: OperatorAccessOptions): OperatorAccess {
  const expected = hashOf(operatorToken);
  const hasToken = ({ request }: Exchange): boolean => {
    const token = bearerOf(request);
    return token !== undefined && sameHash(hashOf(token), expected);
  };
  const needsToken = () => refuse('unauthorized', 'this needs the operator token as Bearer');
  return {
    assertToken(exchange) {
      if (!hasToken(exchange)) throw needsToken();
    },
    assertOperator(exchange) {
      if (hasToken(exchange)) return;
      const { request } = exchange;
      const cookie = cookieIn(request.headers.get('cookie') ?? '', cookieName(exchange));
      // A wrong token beside a cookie is a program's mistake, which must not go unnoticed.
      if (bearerOf(request) !== undefined || cookie === undefined || !pages.isOpen(cookie)) throw needsToken();
      const asked = { method: request.method, headers: request.headers, host: request.headers.get('host') ?? '' };
      if (!isFromOwnPage(asked, ['http', 'https'])) {
        throw refuse('forbidden', 'a page may do this only from the address of this studio');
      }
    },
  };
}

/** Browsers share the cookies of a host between its ports: each studio of a machine has its own. */
export const cookieName = ({ url }: Pick<Exchange, 'url'>): string => `studio-session-${url.port}`;
