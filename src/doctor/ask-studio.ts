import { errorChain } from '../base/errors.ts';
import { deepestCodeOf } from '../base/system-code.ts';
import { SECOND_MS } from '../base/units.ts';
import { USER_AGENT } from '../base/version.ts';
import { SUB_PROTOCOL } from '../contract/frames/close-codes.ts';
import { connectUrl, studioUrl } from '../contract/routes.ts';
import type { Clock } from '../system/clock.ts';
import type { Http } from '../system/net/http.ts';
import type { Sockets } from '../system/net/socket.ts';
import type { StudioAnswer, UpgradeAnswer } from './deps.ts';

/** Nobody waits longer for a studio that is there. */
const LIMIT_MS = 10 * SECOND_MS;
/** An id that no studio gives to a worker: the answer to it says that the way is open, and disturbs no session. */
const NOBODY = 'doctor';

/** One plain request to the studio, about a registration that there is none of. */
export async function askStudio(
  apiBaseUrl: string,
  { http, clock }: { readonly http: Http; readonly clock: Pick<Clock, 'now'> },
): Promise<StudioAnswer> {
  const url = studioUrl(apiBaseUrl, `/workers/register-requests/${NOBODY}`);
  if (url === undefined) return { is: 'unreachable', because: 'api_base_url is no http(s) URL', code: undefined };
  try {
    const { status, headers } = await http.request({ method: 'GET', url, stallMs: LIMIT_MS });
    const dateAt = Date.parse(headers['date'] ?? '');
    return { is: 'answered', status, dateAt: Number.isNaN(dateAt) ? undefined : dateAt, ourAt: clock.now() };
  } catch (thrown) {
    return { is: 'unreachable', because: errorChain(thrown), code: deepestCodeOf(thrown) };
  }
}

/** Asks for the upgrade as a worker would, under an id that no worker has. */
export function tryUpgrade(
  apiBaseUrl: string,
  { sockets, clock }: { readonly sockets: Sockets; readonly clock: Pick<Clock, 'after'> },
): Promise<UpgradeAnswer> {
  const url = connectUrl(apiBaseUrl, NOBODY);
  if (url === undefined) return Promise.resolve({ is: 'unreachable', because: 'api_base_url is no http(s) URL' });
  const { promise, resolve } = Promise.withResolvers<UpgradeAnswer>();
  const socket = sockets.connect(
    { url, headers: { authorization: `Bearer ${NOBODY}`, 'user-agent': USER_AGENT }, protocol: SUB_PROTOCOL },
    {
      onOpened: () => resolve({ is: 'opened' }),
      onText: () => {},
      onBinary: () => {},
      onClosed: ({ refused, reason }) =>
        resolve(
          refused === undefined
            ? { is: 'unreachable', because: reason || 'the connection was closed' }
            : { is: 'answered', status: refused.status },
        ),
    },
  );
  const disarm = clock.after(LIMIT_MS, () =>
    resolve({ is: 'unreachable', because: 'the upgrade was not answered within 10 s' }),
  );
  return promise.finally(() => {
    disarm();
    socket.terminate();
  });
}
