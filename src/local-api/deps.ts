import type { ConfigStore } from '../config/store.ts';
import type { HeldInputs } from '../engines/media/held-inputs.ts';
import type { Log } from '../log/open-log.ts';
import type { Catalogue } from '../models/catalogue/catalogue.ts';
import type { ModelStore } from '../models/store/store.ts';
import type { Clock } from '../system/clock.ts';
import type { ProcessUsage } from '../system/process/process-memory.ts';
import type { Random } from '../system/random.ts';
import type { LocalJobs } from '../worker/local/local-jobs.ts';
import type { PooledModel } from '../models/loaded/entry.ts';
import type { WorkerControl } from '../worker/control/control.ts';
import type { WorkerEvents } from '../worker/events.ts';
import type { EngineReport } from '../worker/engines/report.ts';
import type { RecentResults } from '../worker/reports/recent-results.ts';
import type { Thumbnails } from '../worker/reports/thumbnails.ts';
import type { Images } from '../system/native/images.ts';
import type { KeptSignIns } from '../page-host/kept-sign-ins.ts';
import type { InstallationView } from './installation-view.ts';
import type { RouteGroup } from './http/router.ts';
import type { MemoryAt } from './view/status-view.ts';

/** What the API is told of the machine that the worker runs on. */
export interface MachineView {
  readonly hostName: () => string;
  readonly memory: () => MemoryAt | undefined;
  /** Asks drivers; settles with their answer. */
  readonly refreshMemory: () => Promise<unknown>;
  readonly usage: () => ProcessUsage;
  /** Undefined where the system does not tell. */
  readonly freeBytes: (folder: string) => Promise<number | undefined>;
}

/** The models of the machine, as the worker has them. */
export interface ModelsView {
  readonly catalogue: Catalogue;
  readonly store: Pick<ModelStore, 'hold' | 'list' | 'verify' | 'remove'>;
  /** Engines of this release that hold models in memory between two jobs. */
  readonly loadable: ReadonlySet<string>;
}

/** The parts of a running worker that the API shows and acts on. */
export interface LocalApiDeps {
  readonly control: WorkerControl;
  readonly events: Pick<WorkerEvents, 'subscribe'>;
  readonly config: Pick<ConfigStore, 'current' | 'update' | 'path' | 'overridden' | 'inFile'>;
  readonly log: Pick<Log, 'logger' | 'ring' | 'onLine'>;
  readonly machine: MachineView;
  /** Asks each engine of this release whether it can take work. */
  readonly engines: () => Promise<readonly EngineReport[]>;
  readonly thumbnails: Pick<Thumbnails, 'of' | 'previewsOf'>;
  readonly results: Pick<RecentResults, 'of'>;
  readonly models: ModelsView;
  /** The models in memory. */
  readonly loaded: () => readonly PooledModel[];
  /** Files that come with requests. */
  readonly heldInputs: Pick<HeldInputs, 'hold'>;
  /** Reads what others made in a process of its own. */
  readonly images: Pick<Images, 'decode' | 'encode'>;
  /** Runs what programs of this machine ask for. */
  readonly local: Pick<LocalJobs, 'run'>;
  /** Stops the worker after its job and restarts it; left out where nothing would start it. */
  readonly restart?: () => void;
  readonly registration: { readonly reset: () => void };
  readonly clock: Clock;
  readonly random: Pick<Random, 'hex'>;
  readonly hashOf: (text: string) => string;
  /** Where the API listens; asked at each use, since it is known once it does. */
  readonly url: () => string;
  readonly token: string;
  readonly pages: KeptSignIns;
  /** The program that the worker runs in; left out where it is not known. */
  readonly installation?: InstallationView;
  /** The files of the page. */
  readonly shell?: RouteGroup;
}
