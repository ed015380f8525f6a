import type { LocalApiDeps } from '../deps.ts';
import { type SignIns, SIGN_IN_SECONDS } from '../../page-host/sign-ins.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';

/** How a window gets in without the token, which would stay in the history of its browser. */
export function pageHandlers(
  deps: Pick<LocalApiDeps, 'url'>,
  signIns: SignIns,
  cookieName: () => string,
): Pick<Handlers, 'createPageCode' | 'openPageSession'> {
  return {
    createPageCode() {
      const { code, expiresAt } = signIns.createCode();
      return jsonReply({ code, url: `${deps.url()}/#code=${code}`, expiresAt }, 201);
    },
    openPageSession({ body: { code } }) {
      const value = signIns.exchange(code);
      if (value === undefined) {
        throw new ApiFailure(401, 'code_expired', 'the code is spent or too old', {
          hint: 'Run `studio-worker ui` to open the page again.',
        });
      }
      const cookie = `${cookieName()}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SIGN_IN_SECONDS}`;
      return jsonReply({ ok: true }, 200, { 'set-cookie': cookie });
    },
  };
}
