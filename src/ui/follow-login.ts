import { errorChain } from '../base/errors.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Logger } from '../log/logger.ts';

export interface FollowLoginDeps {
  readonly config: Pick<ConfigStore, 'current' | 'watch'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Has the icon start at a login, or not. */
  readonly syncLogin: (enabled: boolean) => Promise<void>;
}

/**
 * Writes the entry of the login anew, or removes it, when somebody changes what it goes by. The returned function ends
 * it. A failure is logged: the icon stays.
 */
export function followLogin({ config, log, syncLogin }: FollowLoginDeps): () => void {
  const sync = (enabled: boolean): void => {
    void syncLogin(enabled).catch((thrown: unknown) => {
      log.warn('login.not-synced', { error: errorChain(thrown) });
    });
  };
  const unwatch = [
    config.watch('icon_at_login', (enabled) => sync(enabled === true)),
    config.watch('start_minimised', () => config.current.icon_at_login === true && sync(true)),
  ];
  return () => {
    for (const end of unwatch) end();
  };
}
