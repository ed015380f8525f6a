import { toWorkerError } from '../../base/errors.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import { createRegistrationClient } from '../../studio/registration/client.ts';
import { createRegistration } from '../../studio/registration/driver.ts';
import type { Registration } from '../../studio/registration/registration.ts';
import type { Credentials } from '../../studio/session/session.ts';
import { registrationStore } from '../config.ts';
import type { WorkerSetup } from './setup.ts';

/** Who this worker is to the studio. */
export interface Identity {
  readonly registration: Registration;
  /** Undefined until the operator at the studio has approved this worker. */
  readonly credentials: () => Credentials | undefined;
  /** Registers, with the bootstrap token of the config where there is one; nothing happens before. */
  start(): void;
  /** Settles at the approval, once the log knows the token as a secret. */
  readonly approved: Promise<void>;
}

export interface IdentityFacts {
  /** The one the process started with: another studio is another start. */
  readonly apiBaseUrl: string;
  readonly capabilities: () => Capabilities;
}

export function composeIdentity(
  setup: Pick<WorkerSetup, 'config' | 'effects' | 'log' | 'registrationPolicy'>,
  facts: IdentityFacts,
): Identity {
  const { config, effects } = setup;
  const { apiBaseUrl, capabilities } = facts;
  const { clock, random, sha256, http } = effects;
  const log = setup.log.logger.child({}, 'registration');
  const registration = createRegistration({
    client: createRegistrationClient({ http, baseUrl: () => apiBaseUrl, clock, log }),
    clock,
    random,
    sha256,
    store: registrationStore(config),
    capabilities,
    log,
    ...(setup.registrationPolicy === undefined ? {} : { policy: setup.registrationPolicy }),
  });

  const learnToken = (): void => {
    const authToken = registration.approval()?.authToken;
    if (authToken !== undefined) setup.log.redactor.learn(authToken);
  };
  registration.onChange(learnToken); // one that is revoked is followed by another
  const approved = registration.approved.then(learnToken);

  /** A token is good for one registration: it goes once a studio has answered it, whatever the answer is. */
  async function spendToken(token: string): Promise<void> {
    try {
      await registration.bootstrap(token);
      await config.update({ bootstrap_token: undefined });
    } catch (thrown) {
      const { code, message } = toWorkerError(thrown);
      log.warn('registration.bootstrap-failed', { because: message });
      if (code === 'studio.refused') await config.update({ bootstrap_token: undefined }).catch(() => {}); // logged there
    } finally {
      registration.start(); // as one that is approved, or asking for it
    }
  }

  return {
    registration,
    approved,
    start() {
      const { bootstrap_token: token, worker_id: workerId } = config.current;
      if (token === undefined || workerId !== undefined) registration.start();
      else void spendToken(token);
    },
    credentials() {
      const known = registration.approval();
      return known && { apiBaseUrl, ...known };
    },
  };
}
