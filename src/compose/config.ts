import { absolutePath } from '../base/process/path-style.ts';
import { keepPrivate } from '../config/keep-private.ts';
import { overridesIn } from '../config/from-text.ts';
import { findConfig, siblingsOf } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import { type ConfigStore, openConfigStore } from '../config/store.ts';
import { missingFolders, openReceipt, receiptPath } from '../release/receipt.ts';
import type { Logger } from '../log/logger.ts';
import type { RegistrationRecord, RegistrationStore } from '../studio/registration/record.ts';
import type { OperatorChoice } from '../worker/operator-choice.ts';
import { createWatch } from '../system/disk/watch.ts';
import type { Effects } from './effects.ts';

/** The config file in force: the one that was named, or the one this platform keeps. */
export async function configPathOf(named: string | undefined, effects: Effects): Promise<string> {
  if (named !== undefined) return absolutePath(named, effects.environment.cwd); // a worker may outlive the folder it was started in
  return await findConfig(effects.environment, async (path) => (await effects.files.stat(path)) !== undefined);
}

/** Opens the config. `watched` for a process that stays: edits apply, and secrets are kept private. */
export async function openConfig(
  path: string,
  effects: Effects,
  options: {
    readonly log: Logger;
    readonly learnSecret?: (secret: string) => void;
    readonly watched?: boolean;
    readonly readOnly?: boolean;
  },
): Promise<ConfigStore> {
  const { files, environment, machine, clock } = effects;
  if (options.readOnly !== true) await noteNewFolders(siblingsOf(path).folder, effects);
  const config = await openConfigStore({
    path,
    files,
    folders: environment,
    overrides: overridesIn(environment.get),
    detectVramGb: () => machine.vramTotalGb(),
    log: options.log.child({}, 'config'),
    readOnly: options.readOnly ?? false,
    ...(options.learnSecret === undefined ? {} : { learnSecret: options.learnSecret }),
    ...(options.watched === true ? { watch: createWatch(clock) } : {}),
  });
  if (options.watched === true) await keepPrivate(config, files, options.log.child({}, 'config'));
  return config;
}

/** Makes the folder of a config that nobody has written yet, for what is kept beside it. */
export async function makeConfigFolder(path: string, effects: Effects): Promise<void> {
  const { folder } = siblingsOf(path);
  await noteNewFolders(folder, effects);
  await effects.files.makeDir(folder, { mode: 0o700 });
}

/** An installation has a receipt of each folder that it led to, so that removing it takes them away again. */
async function noteNewFolders(folder: string, { files, environment }: Effects): Promise<void> {
  if (environment.homeDir === '') return;
  const made = await missingFolders(folder, files);
  const receipt = openReceipt(receiptPath(environment), files);
  if (made.length > 0 && (await receipt.read()).length > 0) await receipt.add(...made);
}

/** What registration remembers, in the config's keys. */
export function registrationStore(config: ConfigStore): RegistrationStore {
  const [installId, workerId, authToken] = [
    config.live('install_id'),
    config.live('worker_id'),
    config.live('auth_token'),
  ];
  const [requestId, secret] = [config.live('registration_request_id'), config.live('registration_secret')];
  return {
    read: () => ({
      installId: installId(),
      registrationRequestId: requestId(),
      registrationSecret: secret(),
      workerId: workerId(),
      authToken: authToken(),
    }),
    async save(patch) {
      const named: [keyof RegistrationRecord, keyof Config][] = [
        ['installId', 'install_id'],
        ['registrationRequestId', 'registration_request_id'],
        ['registrationSecret', 'registration_secret'],
        ['workerId', 'worker_id'],
        ['authToken', 'auth_token'],
      ];
      const changes = named.filter(([field]) => field in patch).map(([field, key]) => [key, patch[field]] as const);
      await config.update(Object.fromEntries(changes));
    },
  };
}

/** Everything that ties this installation to a studio. */
export const NO_REGISTRATION = {
  worker_id: undefined,
  auth_token: undefined,
  registration_request_id: undefined,
  registration_secret: undefined,
  install_id: undefined,
} as const;

/** What the operator wants of all that a worker could do. */
export const choiceIn = ({ kinds = {}, supported_models_override: models = [] }: Partial<Config>): OperatorChoice => ({
  kinds,
  models,
});

/** The same of a running worker, followed live. */
export function liveChoice(config: ConfigStore): () => OperatorChoice {
  const [kinds, models] = [config.live('kinds'), config.live('supported_models_override')];
  return () => ({ kinds: kinds() ?? {}, models: models() ?? [] });
}
