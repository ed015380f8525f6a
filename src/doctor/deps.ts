import type { Condition } from '../worker/conditions/condition.ts';
import type { Config } from '../config/schema.ts';
import type { Lingering } from '../service/linger.ts';
import type { ServiceState } from '../service/service.ts';
import type { MemoryReport } from '../system/machine/gpus.ts';
import type { HasLibrary } from '../system/native/shared-library.ts';
import type { ControlResult } from '../worker/control/client.ts';
import type { EngineReport } from '../worker/engines/report.ts';
import type { OfferCounts } from '../worker/rules/rejection-counts.ts';
import type { WorkerStatus } from '../worker/status.ts';

/** What the studio's host answered to one plain request. */
export type StudioAnswer =
  | {
      readonly is: 'answered';
      readonly status: number;
      /** Its own time by the `Date` header, in milliseconds since the epoch. */
      readonly dateAt: number | undefined;
      /** Ours at the same moment. */
      readonly ourAt: number;
    }
  /** `code` is the system's or the runtime's, such as ENOTFOUND. */
  | { readonly is: 'unreachable'; readonly because: string; readonly code: string | undefined };

/** The studio's answer to a WebSocket upgrade from a worker it does not know. */
export type UpgradeAnswer =
  | { readonly is: 'opened' }
  | { readonly is: 'answered'; readonly status: number }
  | { readonly is: 'unreachable'; readonly because: string };

/** The service of this account, as it is written and as it runs. */
export interface ServiceReport {
  readonly manager: string;
  readonly path: string;
  readonly state: ServiceState;
  /** What the written file lacks that a fresh one would have; empty when it is as a fresh one would be. */
  readonly outdated: readonly string[];
  readonly lingering: Lingering | undefined;
}

/** What the release feed has; `problem` when it could not be read. */
export interface FeedReport {
  readonly latest: string | undefined;
  readonly heldBack: string | undefined;
  readonly problem: string | undefined;
}

/** All that the checks look at. Nothing is changed by looking, and each is asked when a check first wants it. */
export interface DoctorDeps {
  readonly platform: NodeJS.Platform;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly version: string;
  /** @throws WorkerError `config.invalid` */
  readonly config: () => Promise<{ readonly path: string; readonly exists: boolean; readonly values: Config }>;
  /** Permission bits; undefined for no such file, and on Windows. */
  readonly modeOf: (path: string) => Promise<number | undefined>;
  readonly studio: () => Promise<StudioAnswer>;
  readonly upgrade: () => Promise<UpgradeAnswer>;
  /** The proxy on the way to the studio, without its password. */
  readonly proxy: () => Promise<string | undefined>;
  readonly freeBytes: (path: string) => Promise<number>;
  /** Bytes that everything below a folder takes. */
  readonly sizeOf: (path: string) => Promise<number>;
  /** Where native files are unpacked, and why programs cannot be run from there; undefined when they can. */
  readonly nativeCache: () => Promise<{ readonly folder: string; readonly problem: string | undefined }>;
  readonly engines: () => Promise<readonly EngineReport[]>;
  /** Those that may be used, and those that may not. */
  readonly gpus: () => Promise<Pick<MemoryReport, 'gpus' | 'reasons' | 'denied' | 'ruleProblems'>>;
  /** Which of Vulkan's devices those are that may be used, see `placesInVulkan`. */
  readonly inVulkan: () => Promise<ReadonlyMap<string, number> | undefined>;
  readonly hasLibrary: HasLibrary;
  /** Words that name the distribution: `ID` and `ID_LIKE` of os-release(5). */
  readonly distribution: () => Promise<readonly string[]>;
  /** Undefined on a system without a service manager that is known here. */
  readonly service: () => Promise<ServiceReport | undefined>;
  readonly worker: () => Promise<ControlResult<WorkerStatus>>;
  readonly offers: () => Promise<ControlResult<OfferCounts>>;
  /** Who holds the lock of the config folder: its process id. Undefined when nobody is known to. */
  readonly lockHolder: () => Promise<number | undefined>;
  /** What jobs are tied to beside presence, as far as it is set. */
  readonly conditions: () => Promise<readonly Condition[]>;
  readonly presence: () => Promise<{ readonly known: boolean; readonly because: string }>;
  readonly feed: () => Promise<FeedReport>;
  /** How many public keys were built in. */
  readonly keys: number;
}
