import { toWorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Registration } from './registration.ts';

export interface SpendDeps {
  readonly registration: Pick<Registration, 'bootstrap' | 'start'>;
  /** Takes the token out of the config. */
  readonly forget: () => Promise<unknown>;
  readonly log: Logger;
}

/**
 * Registers with a bootstrap token, then starts registration, as one that is approved or as one that asks to be. A token is
 * good for one registration: it goes once a studio has answered it, whatever the answer is; without an answer it stays
 * for the next start. Never rejects.
 */
export async function spendToken(token: string, { registration, forget, log }: SpendDeps): Promise<void> {
  try {
    await registration.bootstrap(token);
    await forget();
  } catch (thrown) {
    const { code, message } = toWorkerError(thrown);
    log.warn('registration.bootstrap-failed', { because: message });
    if (code === 'studio.refused') await forget().catch(() => {}); // the store has logged why
  } finally {
    registration.start();
  }
}
