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

  return {
    registration,
    approved,
    credentials() {
      const known = registration.approval();
      return known && { apiBaseUrl, ...known };
    },
  };
}
