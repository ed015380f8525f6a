import type { Capabilities } from '../../contract/capabilities.ts';
import { createRegistrationClient } from '../../studio/registration/client.ts';
import { createRegistration } from '../../studio/registration/driver.ts';
import type { Registration } from '../../studio/registration/registration.ts';
import { spendToken } from '../../studio/registration/spend-token.ts';
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

/** What a request to register says, read anew for each. */
export interface IdentityFacts {
  /** The one the process started with: another studio is another start. */
  readonly apiBaseUrl: string;
  readonly capabilities: () => Capabilities;
}

/** Nothing is asked of a studio before `start`. Whoever started it stops its registration. */
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
    start() {
      const { bootstrap_token: token, worker_id: workerId } = config.current;
      if (token === undefined || workerId !== undefined) registration.start();
      else void spendToken(token, { registration, forget: () => config.update({ bootstrap_token: undefined }), log });
    },
    credentials() {
      const known = registration.approval();
      return known && { apiBaseUrl, ...known };
    },
  };
}
