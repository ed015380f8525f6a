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

  // Credentials that could not be saved are good until the next start all the same.
  let unsaved: Awaited<Registration['approved']> | undefined;
  const approved = registration.approved.then((given) => {
    unsaved = given;
    setup.log.redactor.learn(given.authToken);
  });

  return {
    registration,
    approved,
    credentials() {
      if (registration.status().at !== 'approved') return undefined;
      const { worker_id: workerId = unsaved?.workerId, auth_token: authToken = unsaved?.authToken } = config.current;
      return workerId && authToken ? { apiBaseUrl, workerId, authToken } : undefined;
    },
  };
}
