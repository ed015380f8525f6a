import type { OperatorClient } from '../operator/client.ts';
import type { Clock } from '../system/clock.ts';
import type { Terminal } from '../system/terminal.ts';
import type { ControlClient } from '../worker/control/client.ts';
import type { OwnLogLine } from '../contract/log-entry.ts';
import type { EngineReport } from '../worker/engines/report.ts';
import type { ExplainChoice, ExplainedOffer } from '../worker/explain.ts';
import type { OpenedConfig } from './world/config.ts';
import type { DemoChoice, DemoRun } from './world/demo.ts';
import type { PackPuller } from './world/engines.ts';
import type { LocalOutbox } from './world/outbox.ts';
import type { OwnedPath } from './world/paths.ts';
import type { ModelFiles } from './world/model-files.ts';
import type { LocalModels } from './world/models.ts';
import type { StudioDefaults } from '../local-studio/defaults.ts';
import type { OperatorApi, StartedStudio, MoveChoice, MovedStudio, StudioChoice } from './world/studio.ts';
import type { Updates } from '../release/update/by-hand.ts';
import type { AskLine, ChatChoice, Interruptible, LocalChat } from './world/chat.ts';
import type { ModelMemory } from './world/model-memory.ts';
import type { ModelPulls } from './world/pulls.ts';
import type { Doctor } from './world/doctor.ts';
import type { Uninstaller } from './world/uninstall.ts';
import type { Confirm } from '../system/confirm.ts';
import type { ServiceControl } from './world/service.ts';
import type { OpenedUi } from '../ui/only-ui.ts';
import type { WindowChoice } from './world/window.ts';
import type { RunChoice } from './world/worker.ts';

/** All that a command may reach beyond its own arguments. `compose.ts` builds the real one. */
export interface World {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** An environment variable; undefined when unset. */
  readonly env: (name: string) => string | undefined;
  /**
   * The text of a file the operator named; undefined when there is none.
   *
   * @throws WorkerError `file.unusable` when it is no regular file, is larger than `maxBytes`, or is not UTF-8
   */
  readonly readText: (path: string, maxBytes: number) => Promise<string | undefined>;
  /** What standard input holds, to its end. @throws WorkerError `file.unusable` when there is more */
  readonly readInput: (maxBytes: number) => Promise<string>;
  /** Whether standard input is a pipe or a file, and no terminal. */
  readonly isInputPiped: () => Promise<boolean>;
  /** Its bytes, as they are. @throws WorkerError `file.unusable` when it is no regular file or is larger */
  readonly readBytes: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;
  /** Writes a file where the operator asked for it. @throws WorkerError `file.not-written` */
  readonly writeFile: (path: string, bytes: Uint8Array, how: { readonly replace: boolean }) => Promise<void>;
  /**
   * The operator's config file. A missing one is created with defaults, or only shown as it would be.
   *
   * @throws WorkerError `config.invalid` | `config.not-saved`
   */
  readonly openConfig: (path?: string, how?: { readonly readOnly: boolean }) => Promise<OpenedConfig>;
  /** A way to the worker that runs with this config file, whether or not there is one. */
  readonly control: (configPath: string) => ControlClient;
  /** What workers that had no service manager logged, oldest first; undefined where there is no such file. */
  readonly readLogFiles: (configPath: string) => Promise<readonly OwnLogLine[] | undefined>;
  /** Runs until stopped; the exit code says why it ended. Signals are its own affair. */
  readonly runWorker: (options: RunChoice) => Promise<number>;
  /**
   * Opens the window of the running worker, starts one where none runs, and stays for its icon in the tray.
   *
   * @throws WorkerError `worker.not-running`
   */
  readonly openWindow: (choice: WindowChoice) => Promise<OpenedUi>;
  /** Shows a page on this desktop; `none` where nothing here can. */
  readonly showPage: (url: string) => Promise<'app' | 'browser' | 'none'>;
  /** Starts the embedded studio; resolves once it listens. Signals are its own affair. */
  readonly startStudio: (options: StudioChoice) => Promise<StartedStudio>;
  readonly migrateStudio: (options: MoveChoice) => Promise<MovedStudio>;
  /** Where the embedded studio is unless the operator names another place. */
  readonly studioDefaults: StudioDefaults;
  /** The operator's way into a studio. Nothing is sent before the first call. */
  readonly operator: (at: { readonly url: string; readonly token: string }) => Promise<OperatorClient>;
  /** Schemas of the operator API's drafts, loaded when a command first asks for them. */
  readonly operatorApi: () => Promise<OperatorApi>;
  readonly demo: (options: DemoChoice) => Promise<DemoRun>;
  /** Every engine of this release and whether it is ready. Nothing is loaded. */
  readonly engines: (configPath?: string) => Promise<readonly EngineReport[]>;
  /** Binaries for GPUs that this release has beside the executable. Nothing is fetched. */
  readonly packs: (configPath?: string) => Promise<PackPuller>;
  /**
   * What a worker with this config on this machine would do with an offer. Nothing is changed.
   *
   * @throws WorkerError `frame.malformed` | `config.invalid`
   */
  readonly explainOffer: (choice: ExplainChoice) => Promise<ExplainedOffer>;
  /** The releases of the configured feed. Nothing is requested before a method is called. */
  readonly updates: (configPath?: string) => Promise<Updates>;
  /** What takes the program off this machine. Nothing is changed by opening it. */
  readonly uninstaller: (configPath?: string) => Promise<Uninstaller>;
  /** What looks for faults. Nothing is looked at by opening it. */
  readonly doctor: (configPath?: string) => Promise<Doctor>;
  readonly confirm: Confirm;
  /** The name of this machine, as the operator sees it in the studio. */
  readonly machineName: string;
  /** What starts the worker of this account. Nothing is changed by opening it. */
  readonly service: (configPath?: string) => Promise<ServiceControl>;
  /** Results on this machine that the studio does not have. Nothing is read before a method is called. */
  readonly outbox: (configPath?: string) => Promise<LocalOutbox>;
  /** Every file and folder that this program keeps. @throws WorkerError `config.invalid` */
  readonly paths: (configPath?: string) => Promise<readonly OwnedPath[]>;
  /** Files that may be models. Nothing is read before a method is called. */
  readonly modelFiles: (configPath?: string) => Promise<ModelFiles>;
  /**
   * Opens a model of this machine to chat with, and loads it where no worker runs.
   *
   * @throws WorkerError `model.not-found` | `task.unsupported`; what loading throws
   */
  readonly openChat: (choice: ChatChoice) => Promise<LocalChat>;
  /** What asks for lines; undefined where nobody is at a terminal. */
  readonly openLines: () => Promise<AskLine | undefined>;
  readonly interruptible: Interruptible;
  /** What downloads models, and the catalogue that names them. Nothing is read before a method is called. */
  readonly pulls: (configPath?: string) => Promise<ModelPulls>;
  /** What the running worker holds in memory. Nothing is asked before a method is called. */
  readonly modelMemory: (configPath?: string) => Promise<ModelMemory>;
  /** The models of this machine, where the config file keeps them. */
  readonly models: (configPath?: string) => Promise<LocalModels>;
}
