import { SECOND_MS } from '../base/units.ts';
import { readPageCode } from '../contract/page/access.ts';
import { readFoundApi } from '../local-api/contract/found-api.ts';
import type { Http } from '../system/net/http.ts';

/** A worker on this machine answers in milliseconds. */
const ANSWER_MS = 3 * SECOND_MS;

/**
 * An address that opens the page once, from the worker whose API the file beside its config names. Undefined where no
 * worker serves one; `found` is the text of that file.
 */
export async function askPageUrl(found: string | undefined, http: Http): Promise<string | undefined> {
  const api = readFoundApi(found ?? '');
  if (api === undefined) return undefined;
  const request = {
    method: 'POST',
    url: `${api.url}/page/codes`,
    headers: { authorization: `Bearer ${api.token}` },
    stallMs: ANSWER_MS,
  } as const;
  // The file of a worker that was killed names an address where nobody listens any more, or somebody else.
  const answer = await http.request(request).catch(() => undefined);
  return answer?.status === 201 ? readPageCode(new TextDecoder().decode(answer.body))?.url : undefined;
}
