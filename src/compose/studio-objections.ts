import type { WorkerError } from '../base/errors.ts';
import { filesOffered, inputsOffered } from '../contract/offered-urls.ts';
import type { ObjectionTo } from '../local-studio/http/objections.ts';
import type { Logger } from '../log/logger.ts';
import { sourceProblem } from '../models/store/source-check.ts';
import { createUrlCheck } from '../system/net/remote/url-check.ts';
import { configPathOf, openConfig } from './config.ts';
import type { Effects } from './effects.ts';

/**
 * What stands against a model or a job whichever worker gets it: checked as a worker would, but for the addresses of
 * names, which each worker's own network knows.
 */
export function createObjections({ clock }: Pick<Effects, 'clock'>, allowPrivate: boolean): ObjectionTo {
  const check = createUrlCheck({ clock, allowPrivate: () => allowPrivate, resolve: () => Promise.resolve([]) });
  return async ({ model, source, task }) => {
    const problem = source === undefined ? undefined : sourceProblem(model, source);
    if (problem !== undefined) return inWords(problem);
    const urls = [
      ...(source === undefined ? [] : filesOffered(source)),
      ...(task === undefined ? [] : inputsOffered(task)),
    ];
    for (const { what, url } of urls) {
      const refusal = await check(what, url);
      if (refusal !== undefined) return inWords(refusal);
    }
    return undefined;
  };
}

const inWords = ({ message, hint }: WorkerError): string => (hint === undefined ? message : `${message}. ${hint}`);

/** Whether the config of this account allows private addresses. One that cannot be read allows nothing. */
export async function allowsPrivateUrls(effects: Effects, log: Logger): Promise<boolean> {
  try {
    const config = await openConfig(await configPathOf(undefined, effects), effects, { log, readOnly: true });
    return config.current.allow_private_urls;
  } catch {
    return false;
  }
}
