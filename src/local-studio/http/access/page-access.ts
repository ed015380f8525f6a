import { isoOf } from '../../../contract/operator/timestamp.ts';
import { MINUTE_MS } from '../../../base/units.ts';
import { SignInSchema } from '../../../contract/page/access.ts';
import { type DashboardCode, DASHBOARD_ROUTES as routes } from '../../../contract/page/dashboard.ts';
import { type SignIns, SIGN_IN_SECONDS } from '../../../page-host/sign-ins.ts';
import { type Callers, cookieName } from './callers.ts';
import { ANONYMOUS_BODY, type Exchange, json, problem, readBody, type Route } from '../http.ts';

/** A code is printed for somebody who has to go to a browser with it. */
export const DASHBOARD_CODE_MS = 10 * MINUTE_MS;

/** How the operator's page is let in: a program with the token asks for a code, and the page exchanges it for a cookie. */
export const pageAccessRoutes = (pages: SignIns, callers: Pick<Callers, 'assertOperatorToken'>): readonly Route[] => [
  {
    ...routes.codes,
    handle: (exchange) => {
      callers.assertOperatorToken(exchange);
      const { code, expiresAt } = pages.createCode(DASHBOARD_CODE_MS);
      return json({ code, expiresAt: isoOf(expiresAt) } satisfies DashboardCode, 201);
    },
  },
  { ...routes.signIn, handle: (exchange) => signIn(pages, exchange) },
];

async function signIn(pages: SignIns, exchange: Exchange): Promise<Response> {
  const { code } = await readBody(exchange.request, SignInSchema, ANONYMOUS_BODY);
  const value = pages.exchange(code);
  if (value === undefined) return problem(401, 'code-expired', 'the code is spent or too old');
  const isSecure = exchange.request.headers.get('origin')?.startsWith('https:') === true;
  const cookie = `${cookieName(exchange)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SIGN_IN_SECONDS}`;
  return new Response(null, { status: 204, headers: { 'set-cookie': isSecure ? `${cookie}; Secure` : cookie } });
}
