import type * as admin from '../contract/admin.ts';
import type * as json from '../contract/json.ts';
import type * as read from '../contract/read.ts';
import type * as routes from '../contract/routes.ts';
import type { DemoEvent } from '../demo/play.ts';
import type { Clock } from '../system/clock.ts';
import type { FileProgress } from '../models/store/options.ts';
import type { WantedModel, ModelStore } from '../models/store/store.ts';
import type { EngineReport } from '../worker/engine-report.ts';
import type { ExplainChoice, ExplainedOffer } from '../worker/explain.ts';
import type { OperatorClient } from '../operator/client.ts';
import type { Terminal } from '../system/terminal.ts';
import type { WorkerStatus } from '../worker/status.ts';

/** All that a command may reach beyond its own arguments. `compose.ts` builds the real one. */
export interface World {
  readonly terminal: Terminal;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** An environment variable; undefined when unset. */
  readonly env: (name: string) => string | undefined;
  /**
   * The text of a file the operator named; undefined when there is none.
   *
   * @throws WorkerError `file.unusable` when it is no regular file, is larger than this, or is not UTF-8
   */
  readonly readText: (path: string, mostBytes: number) => Promise<string | undefined>;
  /**
   * The operator's config file. A missing one is created with defaults, or only shown as it would be.
   *
   * @throws WorkerError `config.invalid` | `config.not-saved`
   */
  readonly openConfig: (path?: string, how?: { readonly readOnly: boolean }) => Promise<OpenedConfig>;
  /** A way to the worker that runs with this config file, whether or not there is one. */
  readonly control: (configPath: string) => WorkerControl;
  /** Runs until stopped; the exit code says why it ended. Signals are its own affair. */
  readonly runWorker: (options: RunOptions) => Promise<number>;
  /** Starts the embedded studio; resolves once it listens. Signals are its own affair. */
  readonly startStudio: (options: StudioOptions) => Promise<StartedStudio>;
  /** Where the embedded studio is when nobody says otherwise. */
  readonly studioDefaults: StudioDefaults;
  /** The operator's way into a studio. Nothing is sent before the first call. */
  readonly operator: (at: { readonly url: string; readonly token: string }) => Promise<OperatorClient>;
  /** Schemas of the operator API's drafts, loaded when a command first asks for them. */
  readonly operatorApi: () => Promise<OperatorApi>;
  readonly demo: (options: DemoOptions) => Promise<DemoRun>;
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
  /** The models of this machine, where the config file keeps them. */
  readonly models: (configPath?: string) => Promise<ModelShelf>;
}

/** Fetches packs by their names. */
export interface PackPuller {
  /** Resolves with the folder. @throws WorkerError `cli.usage` | what fetching throws */
  bring(name: string, signal: AbortSignal, onProgress: (progress: FileProgress) => void): Promise<string>;
}

/** Models on disk, for the commands that look after them. */
export interface ModelShelf {
  readonly root: string;
  /** What they may take together, by the config; undefined where it sets no bound. */
  readonly maxBytes: number | undefined;
  readonly store: ModelStore;
  /**
   * Reads `{id, source}`, or a bare model source whose id is given.
   *
   * @throws WorkerError `cli.usage` naming what is wrong with it
   */
  readDraft(
    value: Readonly<Record<string, unknown>>,
    named: { readonly path: string; readonly id: string | undefined },
  ): WantedModel;
}

/** The config file, as commands see and change it. */
export interface OpenedConfig {
  readonly path: string;
  /** False while there is no file and its defaults are all there is to show. */
  readonly exists: boolean;
  readonly values: ConfigValues;
  /** `# <path>`, and below it the file as TOML, secrets masked. */
  toml(): string;
  /** The same as data by the file's own keys, secrets masked. */
  facts(): Readonly<Record<string, unknown>>;
  /**
   * Saves some keys and leaves the others as they are.
   *
   * @throws WorkerError `config.not-saved` | `config.insecure-url`
   */
  update(patch: ConfigPatch): Promise<void>;
  /**
   * Trades a one-shot token for credentials and saves them; returns the worker's id.
   *
   * @throws WorkerError `studio.refused` | `registration.failed` | `config.not-saved` | `config.insecure-url`
   */
  bootstrap(token: string): Promise<string>;
  /** Forgets who this worker is to the studio: credentials, request and install id. */
  resetRegistration(): Promise<void>;
}

/** What the commands print, defaults filled in. */
export interface ConfigValues {
  readonly apiBaseUrl: string;
  /** Present with its token only: half a pair is no approval. */
  readonly workerId: string | undefined;
  readonly registrationRequestId: string | undefined;
  readonly vramThresholdGb: number;
  readonly autoStart: boolean;
  readonly autoEnabled: boolean;
  readonly modelsRoot: string;
  readonly autoUpdateEnabled: boolean;
  readonly autoUpdateIntervalSeconds: number;
}

/** What commands change; what is left out stays. */
export interface ConfigPatch {
  readonly apiBaseUrl?: string;
  readonly vramThresholdGb?: number;
  readonly autoEnabled?: boolean;
}

/** A word with the running worker. */
export interface WorkerControl {
  /** Undefined when no worker runs. */
  status(): Promise<WorkerStatus | undefined>;
  /** Has the running worker read its config again. False when no worker runs. */
  reload(): Promise<boolean>;
}

export interface LogOptions {
  readonly logFormat: 'console' | 'json' | undefined;
  /** As the operator wrote it: a level, or areas with levels. */
  readonly logLevel: string | undefined;
}

export interface RunOptions extends LogOptions {
  readonly configPath: string | undefined;
}

export interface StudioOptions extends LogOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  readonly dataDir: string;
}

/** A studio that listens. */
export interface StartedStudio {
  readonly url: string;
  readonly dataDir: string;
  readonly tokenFile: string;
  /** Settles when it has stopped. */
  readonly ended: Promise<void>;
}

/** What `studio` and its sub-commands assume when nothing is said. */
export interface StudioDefaults {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Where a studio with this data folder leaves its operator token. */
  tokenFileIn(dataDir: string): string;
}

type Contract = typeof admin & typeof routes & typeof json & typeof read;

/**
 * The part of the studio contract that the studio's sub-commands need, handed in as a value: the command line itself
 * imports the contract as types only, so that starting a plain command loads no schema.
 */
export type OperatorApi = Pick<
  Contract,
  'JobDraftSchema' | 'ModelDraftSchema' | 'hasEnded' | 'parseJson' | 'readJson' | 'writeJson'
>;

export interface DemoOptions extends LogOptions {
  readonly outDir: string;
  /** Has real engines do the jobs, on these weights and on generated ones; the synthetic engine when left out. */
  readonly real?: GivenWeights;
}

/** Paths of what the operator gives in place of what is generated. */
export interface GivenWeights {
  /** A chat model, `.gguf`. */
  readonly llm?: string | undefined;
  /** A LaMa model, `.onnx`. */
  readonly removal?: string | undefined;
  /** A Whisper model, `.bin`. */
  readonly stt?: string | undefined;
  /** A Piper voice, `.onnx`, with its `.onnx.json` beside it. */
  readonly tts?: string | undefined;
  /** A recording to write down; what the voice said when left out. */
  readonly recording?: string | undefined;
}

/** A studio and a worker that were started for a demonstration. */
export interface DemoRun {
  readonly url: string;
  readonly operatorToken: string;
  /** Ends when every job has ended, or when the operator asked to stop. */
  readonly events: AsyncIterable<DemoEvent>;
  /** Settles when the operator asks to stop. */
  readonly stopAsked: Promise<void>;
  /** Stops worker and studio and removes their folders; artifacts stay. Idempotent. */
  stop(): Promise<void>;
}
