import { createObjections, type ObjectionTo } from '../local-studio/http/objections.ts';
import type { Logger } from '../log/logger.ts';
import { sourceProblem } from '../models/store/source-check.ts';
import { createUrlCheck } from '../system/net/remote/url-check.ts';
import { configPathOf, openConfig } from './config.ts';
import type { Effects } from './effects.ts';

/** What a studio objects to: as a worker would, but for the addresses of names, which each worker's own network knows. */
export const studioObjections = ({ clock }: Pick<Effects, 'clock'>, allowPrivate: boolean): ObjectionTo =>
  createObjections({
    sourceProblem,
    urlProblem: createUrlCheck({ clock, allowPrivate: () => allowPrivate, resolve: () => Promise.resolve([]) }),
  });

/** Whether the config of this account allows private addresses. One that cannot be read allows nothing. */
export async function allowsPrivateUrls(effects: Effects, log: Logger): Promise<boolean> {
  try {
    const config = await openConfig(await configPathOf(undefined, effects), effects, { log, readOnly: true });
    return config.current.allow_private_urls;
  } catch {
    return false; // a studio needs no worker's config; a command that does reports what is wrong with it
  }
}
