import type { Offer } from '../../contract/frames/inbound.ts';
import { filesOffered } from '../../contract/offered-urls.ts';
import { inputsOffered } from '../../contract/tasks/index.ts';
import type { CheckOfferedUrl } from '../../system/net/remote/url-check.ts';

/** What it takes to tell which URLs of an offer would be fetched, and what the guard makes of them. */
export interface RefusedUrlDeps {
  readonly check: CheckOfferedUrl;
  /** The files that are on this disk already, of which no URL is asked. */
  readonly stored: () => Promise<
    readonly { readonly model: string; readonly filename: string; readonly state: string }[]
  >;
}

/** Why the first URL of an offer that would be fetched is refused; undefined when none is. Nothing is fetched. */
export async function refusedUrl(offer: Offer, { check, stored }: RefusedUrlDeps): Promise<string | undefined> {
  const files = filesOffered(offer.modelSource);
  const here = files.length === 0 ? [] : await stored();
  const isHere = (filename: string): boolean =>
    here.some((file) => file.state === 'whole' && file.model === offer.model && file.filename === filename);
  const fetched = files.filter(({ filename }) => !isHere(filename));
  for (const { what, url } of [...fetched, ...inputsOffered(offer.task)]) {
    const refusal = await check(what, url);
    if (refusal !== undefined) return refusal.message;
  }
  return undefined;
}
