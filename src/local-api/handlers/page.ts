import type { LocalApiDeps } from '../deps.ts';
import { type SignIns, SIGN_IN_SECONDS } from '../../page-host/sign-ins.ts';
import type { ApiParts } from '../parts.ts';
import { liveStatus } from '../view/status-view.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';

/** How a window gets in without the token, which would stay in the history of its browser. */
export function pageHandlers(
  { url, facts, feed }: Pick<LocalApiDeps, 'url'> & Pick<ApiParts, 'facts' | 'feed'>,
  signIns: SignIns,
  cookieName: () => string,
): Pick<Handlers, 'createPageCode' | 'signIn' | 'claimWindow'> {
  return {
    createPageCode() {
      const { code, expiresAt } = signIns.createCode();
      return jsonReply({ code, url: `${url()}/#code=${code}`, expiresAt }, 201);
    },
    signIn({ body: { code } }) {
      const value = signIns.exchange(code);
      if (value === undefined) {
        throw new ApiFailure(401, 'code_expired', 'the code is spent or too old', {
          hint: 'Run `studio-worker ui` to open the page again.',
        });
      }
      const cookie = `${cookieName()}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SIGN_IN_SECONDS}`;
      return jsonReply({ ok: true }, 200, { 'set-cookie': cookie });
    },
    async claimWindow() {
      const windowOpenedAt = facts.window.claim();
      feed.publish({ event: 'status', data: liveStatus(await facts.read()) });
      return jsonReply({ windowOpenedAt });
    },
  };
}
