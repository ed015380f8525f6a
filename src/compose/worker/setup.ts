import type { ConfigStore } from '../../config/store.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Quarantine } from '../../engines/host/quarantine.ts';
import type { Log } from '../../log/open-log.ts';
import type { RegistrationOptions } from '../../studio/registration/registration.ts';
import type { Updater } from '../../release/update/updater.ts';
import type { CpuRule } from '../../worker/rules/cpu-rule.ts';
import type { TrialPart } from '../../release/update/trial-run.ts';
import type { Effects } from '../effects.ts';

/** What a worker is built from. The safety rules are not optional: a worker that forgot one would compile and have none. */
export interface WorkerSetup {
  /** With those GPUs in it that may be used. */
  readonly effects: Effects;
  readonly config: ConfigStore;
  readonly log: Log;
  readonly engines: readonly Engine[];
  /** Models whose engine crashed too often. */
  readonly quarantine: Pick<Quarantine, 'remainingMs' | 'forgive' | 'list'>;
  /** Which engines may not run where they would. */
  readonly cpuRule: Pick<CpuRule, 'refusal'>;
  /** Models that its catalogue has from the start; none when left out. */
  readonly seeds?: readonly CatalogueEntry[];
  /** What keeps this installation up to date; nothing where it is left out. */
  readonly updater?: Updater;
  /** Set in a new version that is run to prove itself. */
  readonly trial?: TrialPart;
  readonly registrationPolicy?: RegistrationOptions['policy'];
}
