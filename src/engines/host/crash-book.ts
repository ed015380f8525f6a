import type { WorkerError } from '../../base/errors.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { ModelId } from '../../base/ids.ts';
import type { Logger } from '../../log/logger.ts';
import { isOwnShortage } from './crash.ts';
import type { Quarantine } from './quarantine.ts';

/**
 * Records that a process of an engine crashed with a model, which may put the model into quarantine. An end for which the
 * program itself gave a lack of memory as the reason does not: where no driver reports free memory, each job of a model
 * that works runs out once and is done with less on its second try.
 */
export type RecordCrash = (engine: EngineName, model: ModelId, error: WorkerError) => void;

/** A crash book that logs each crash, and the quarantine that the last of several brings. */
export const createCrashBook =
  ({ quarantine, log }: { readonly quarantine: Quarantine; readonly log: Logger }): RecordCrash =>
  (engine, model, error) => {
    log.warn('engine.crashed', { engine, model, error: error.message, code: error.code });
    if (isOwnShortage(error)) return;
    if (!quarantine.crashed(engine, model)) return;
    log.error('engine.quarantined', {
      engine,
      model,
      error: `${model} keeps crashing the ${engine} engine`,
      forMs: quarantine.remainingMs(engine, model),
    });
  };
