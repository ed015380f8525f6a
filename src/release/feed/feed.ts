import * as v from 'valibot';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { MIB, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import { USER_AGENT } from '../../base/version.ts';
import { readJson } from '../../contract/read.ts';
import type { Clock } from '../../system/clock.ts';
import type { Http, HttpResponse } from '../../system/net/http.ts';

/** One release as the feed lists it. */
export interface ListedRelease {
  readonly tag: string;
  readonly prerelease: boolean;
  readonly draft: boolean;
  readonly assets: readonly { readonly name: string; readonly url: string }[];
}

const ReleaseSchema = v.pipe(
  v.object({
    tag_name: v.string(),
    prerelease: v.optional(v.boolean(), false),
    draft: v.optional(v.boolean(), false),
    assets: v.optional(v.array(v.object({ name: v.string(), browser_download_url: v.string() })), []),
  }),
  v.transform(({ tag_name: tag, prerelease, draft, assets }): ListedRelease => ({
    tag,
    prerelease,
    draft,
    assets: assets.map(({ name, browser_download_url: url }) => ({ name, url })),
  })),
);
/** A list of releases, or one alone (studio contract, auto-update). */
const FeedSchema = v.union([
  v.array(ReleaseSchema),
  v.pipe(
    ReleaseSchema,
    v.transform((release) => [release]),
  ),
]);

/** Studio contract: the whole answer within this time. */
const FEED_MS = 15 * SECOND_MS;
/** A page of thirty releases with all their assets takes about three. */
const MAX_FEED_BYTES = 16 * MIB;

export interface FeedDeps {
  readonly http: Http;
  readonly clock: Pick<Clock, 'after'>;
}

/**
 * The releases on the feed's first page.
 *
 * @throws WorkerError `update.feed-unreadable`; the signal's reason on abort
 */
export async function fetchFeed(url: string, deps: FeedDeps, signal?: AbortSignal): Promise<readonly ListedRelease[]> {
  const { status, body } = await answerWithin(FEED_MS, url, deps, signal);
  if (status < 200 || status > 299) throw unreadable(`feed ${shownUrl(url)} returned ${status}`);
  const read = readJson(FeedSchema, new TextDecoder().decode(body));
  if (read.is === 'unreadable') throw unreadable(`feed ${shownUrl(url)} is no list of releases: ${read.problem}`);
  return read.value;
}

async function answerWithin(
  limitMs: number,
  url: string,
  { http, clock }: FeedDeps,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  const late = new AbortController();
  const disarm = clock.after(limitMs, () =>
    late.abort(unreadable(`feed ${shownUrl(url)} did not answer within ${limitMs / SECOND_MS} s`)),
  );
  try {
    return await http.request({
      method: 'GET',
      url,
      headers: { accept: 'application/vnd.github+json', 'user-agent': USER_AGENT },
      stallMs: limitMs,
      maxBodyBytes: MAX_FEED_BYTES,
      signal: AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]),
    });
  } catch (thrown) {
    if (signal?.aborted === true) throw signal.reason;
    if (late.signal.aborted) throw late.signal.reason;
    throw unreadable(`feed ${shownUrl(url)} cannot be reached: ${errorChain(thrown)}`, thrown);
  } finally {
    disarm();
  }
}

const unreadable = (message: string, cause?: unknown): WorkerError =>
  new WorkerError('update.feed-unreadable', message, {
    cause,
    hint: 'Check the network and `auto_update_feed` in the config file.',
  });
