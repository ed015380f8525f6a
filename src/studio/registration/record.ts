import { errorChain } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';

/** What registration remembers across restarts, under the config's names. Empty text counts as absent. */
export interface RegistrationRecord {
  /** Made once; survives everything but a reset. */
  readonly installId?: string | undefined;
  readonly registrationRequestId?: string | undefined;
  readonly registrationSecret?: string | undefined;
  readonly workerId?: string | undefined;
  readonly authToken?: string | undefined;
}

/** Where the record is kept, which is the config file. A field of a patch that is present but undefined is to be removed. */
export interface RegistrationStore {
  read(): RegistrationRecord;
  save(patch: RegistrationRecord): Promise<void>;
}

/** A store in which nothing is lost: what could not be saved stays in memory and goes along with the next save. */
export interface RecordKeeper {
  read(): RegistrationRecord;
  /** Whether the patch, and all before it, is on disk. Never rejects; a failed save is logged. */
  save(patch: RegistrationRecord): Promise<boolean>;
  /** Waits for the saves under way; whether nothing is left unsaved. */
  settled(): Promise<boolean>;
}

/** Wraps a store; what it reads is the store's record with the unsaved patches on top. Saves run one after the other. */
export function createRecordKeeper(store: RegistrationStore, log: Logger): RecordKeeper {
  let unsaved: RegistrationRecord = {};
  let saves: Promise<unknown> = Promise.resolve();

  async function flush(): Promise<boolean> {
    const patch = unsaved;
    if (Object.keys(patch).length === 0) return true;
    try {
      await store.save(patch);
    } catch (thrown) {
      log.error('registration.unsaved', { error: errorChain(thrown), fields: Object.keys(patch) });
      return false;
    }
    // A field that changed again while this save ran is still to be saved.
    const newer = unsaved;
    unsaved = Object.fromEntries(
      Object.entries(newer).filter(([name, value]) => !(name in patch) || Reflect.get(patch, name) !== value),
    );
    return true;
  }

  return {
    read: () => ({ ...store.read(), ...unsaved }),
    save(patch) {
      unsaved = { ...unsaved, ...patch };
      // One after the other: two saves of one file at once could leave the older one standing.
      const save = saves.then(flush);
      saves = save;
      return save;
    },
    async settled() {
      await saves;
      return Object.keys(unsaved).length === 0;
    },
  };
}
