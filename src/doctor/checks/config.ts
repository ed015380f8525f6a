import { errorChain, toWorkerError } from '../../base/errors.ts';
import { KEYS, specOf } from '../../config/schema.ts';
import { type Check, failed, ok, skipped, warning } from '../finding.ts';

/** The file of settings, and who this machine is to the studio. */
export const CONFIG_CHECKS: readonly Check[] = [
  {
    id: 'config.valid',
    title: 'the config file can be read',
    page: [
      'The worker does not start with a config file that it cannot read: a wrong type, a missing required key, broken TOML.',
      'The message names the line and what is expected there. `studio-worker config` prints the file as it is understood. A file that is beyond repair can be moved away: the next start writes a fresh one, and the machine registers again.',
    ],
    async run({ config }) {
      try {
        const { path, exists } = await config();
        return exists ? ok(path) : warning(`there is none yet at ${path}`, 'Run `studio-worker setup`.');
      } catch (thrown) {
        const [first = ''] = errorChain(thrown).split('\n');
        return failed(first, toWorkerError(thrown).hint ?? 'Correct the file.');
      }
    },
  },
  {
    id: 'config.private',
    title: 'only this account can read the secrets in the config',
    page: [
      'The config file holds the token by which the studio knows this worker. Whoever reads it can take this worker’s jobs.',
      'The worker takes all rights from others when it starts. `chmod 600` does the same at once. On Windows the folder belongs to the account alone, and nothing is checked.',
    ],
    async run({ config, modeOf }) {
      const { path, exists, values } = await config();
      const hasSecret = KEYS.some((key) => specOf(key)?.secret === true && values[key] !== undefined);
      const mode = exists ? await modeOf(path) : undefined;
      if (mode === undefined || !hasSecret) return skipped('there is no secret to protect');
      if ((mode & 0o077) === 0) return ok(`mode ${mode.toString(8)}`);
      return warning(`others may read it: mode ${mode.toString(8)}`, `Run \`chmod 600 ${path}\`.`);
    },
  },
  {
    id: 'registration.approved',
    title: 'the studio has approved this machine',
    page: [
      'A worker gets jobs once the operator of the studio has approved its request, or at once with a bootstrap token.',
      'While the request is pending, approve this machine in the studio. After a rejection, or to move to another studio, `studio-worker register --reset` discards the registration and the next start asks again.',
    ],
    async run({ config }) {
      const { values } = await config();
      if (values.worker_id !== undefined && values.auth_token !== undefined)
        return ok(`approved as ${values.worker_id}`);
      if (values.registration_request_id !== undefined) {
        return warning(
          `waiting for approval (request ${values.registration_request_id})`,
          'Approve this machine in the studio.',
        );
      }
      return warning('not registered yet', 'Run `studio-worker setup`; the worker registers when it starts.');
    },
  },
];
