import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConfig } from '../../src/compose/config.ts';
import { type Effects, realEffects } from '../../src/compose/effects.ts';
import { underGpuRules } from '../../src/compose/gpu-rules.ts';
import { realEngines } from '../../src/compose/engines/engines.ts';
import { type ComposedWorker, composeWorker } from '../../src/compose/worker/worker.ts';
import type { ConfigPatch } from '../../src/config/schema.ts';
import type { ConfigStore } from '../../src/config/store.ts';
import type { Engine } from '../../src/engines/engine.ts';
import type { Quarantine } from '../../src/engines/host/quarantine.ts';
import type { LogEvent } from '../../src/log/logger.ts';
import { type Log, openLog } from '../../src/log/open-log.ts';
import type { Credentials } from '../../src/studio/session/session.ts';
import { type Clock, systemClock } from '../../src/system/clock.ts';
import type { Gpus } from '../../src/system/machine/gpus.ts';
import type { Surroundings, UnknownReading } from '../../src/system/surroundings/readings.ts';
import type { Presence } from '../../src/system/presence/presence.ts';
import { createHttp } from '../../src/system/net/http-client.ts';
import { createSockets } from '../../src/system/net/sockets.ts';
import type { Output } from '../../src/system/terminal.ts';
import type { CpuRule } from '../../src/worker/rules/cpu-rule.ts';
import type { WorkerControl } from '../../src/worker/control/control.ts';
import type { WorkerStatus } from '../../src/worker/status.ts';
import { ffmpegVariables } from '../fakes/engines/ffmpeg.ts';
import { fakeStudio, type FakeStudio, type FakeStudioOptions } from '../fakes/studio/fake-studio.ts';
import { SkippingClock } from '../fakes/system/skipping-clock.ts';
import { type ChildWorker, spawnChild } from './child.ts';
import { PATIENCE_MS, waitFor } from './wait-for.ts';

/** Once: it listens to this process's own terminal. */
const REAL = realEffects();

export interface WorkerChoice {
  /** The synthetic engine when left out. */
  readonly engines?: readonly Engine[];
  /** Keeps those of them from the CPU that belong on a GPU. */
  readonly cpuRule?: CpuRule;
  /** Which models crashed too often; the real engines' own when left out. */
  readonly quarantine?: Pick<Quarantine, 'remainingMs' | 'forgive' | 'list'>;
  readonly config?: ConfigPatch;
  /** What its drivers report; a machine without GPUs when left out. */
  readonly gpus?: Gpus;
  /** Whether somebody is at its machine; not known when left out. */
  readonly presence?: Presence;
  /** What its machine runs on, and which programs run there; nothing is known of it when left out. */
  readonly surroundings?: Surroundings;
  /** Who the worker is; a fresh approval when left out, nobody yet when `undefined`. */
  readonly credentials?: Credentials | undefined;
  /** The folder of an earlier worker, to resume from what it left. */
  readonly folder?: string;
}

/** A composed worker in this process. */
export interface LocalWorker extends AsyncDisposable {
  readonly id: string;
  readonly folder: string;
  readonly config: ConfigStore;
  readonly clock: SkippingClock;
  readonly events: readonly LogEvent[];
  /** What went to stderr. */
  readonly stderr: () => string;
  readonly log: Log;
  readonly ended: Promise<number>;
  readonly control: WorkerControl;
  readonly composed: ComposedWorker;
  readonly effects: Effects;
  readonly engines: readonly Engine[];
  status(): WorkerStatus;
  /** One more request to stop. */
  signal(): void;
  /** Waits until a fact holds. */
  until(what: string, fact: () => boolean): Promise<void>;
  /** The first event of this name, now or later. */
  logged(event: string): Promise<LogEvent>;
  /** Waits for a live session; a pause between two tries is skipped. */
  live(): Promise<void>;
  /** Waits until no job is held and no result waits for delivery. */
  done(): Promise<void>;
}

export interface Scene extends AsyncDisposable {
  readonly studio: FakeStudio;
  /** Jumps of the studio's time. */
  readonly studioClock: SkippingClock;
  /** The first worker of the scene. */
  readonly worker: LocalWorker;
  startWorker(choice?: WorkerChoice): Promise<LocalWorker>;
  /** The program as a child process, with a config of its own. */
  spawnWorker(choice?: ChildChoice): Promise<ChildWorker>;
}

/** A worker as a process of its own; `variables` are added to its environment. */
export interface ChildChoice extends Omit<WorkerChoice, 'engines'> {
  readonly variables?: Readonly<Record<string, string>>;
}

export interface SceneChoice extends WorkerChoice {
  readonly studio?: Omit<FakeStudioOptions, 'clock' | 'patienceMs'>;
}

/** A studio and a live worker. */
export async function setup({ studio, ...choice }: SceneChoice = {}): Promise<Scene> {
  const scene = await setupStudio(studio);
  const worker = await scene.startWorker(choice);
  if (!('credentials' in choice) || choice.credentials !== undefined) await worker.live();
  return Object.assign(scene, { worker });
}

/** A studio that no worker knows yet. */
export async function setupStudio(options: SceneChoice['studio'] = {}): Promise<Omit<Scene, 'worker'>> {
  const studioClock = new SkippingClock();
  const studio = await fakeStudio({ ...options, clock: studioClock, patienceMs: PATIENCE_MS });
  const workers: AsyncDisposable[] = [];
  const folders: string[] = [];
  async function folderFor({ folder }: WorkerChoice): Promise<string> {
    if (folder !== undefined) return folder;
    folders.push(await mkdtemp(join(tmpdir(), 'worker-flow-')));
    return folders.at(-1) ?? '';
  }
  /** What the config says about the studio and who we are to it; nothing for a worker that resumes from its own. */
  async function patchFor(folder: string, choice: WorkerChoice): Promise<ConfigPatch> {
    if (choice.folder !== undefined) return choice.config ?? {};
    const given = 'credentials' in choice ? choice.credentials : await studio.enrol();
    const known = given === undefined ? {} : { worker_id: given.workerId, auth_token: given.authToken };
    // What a scripted engine returns stands for a result; only the synthetic engine makes real ones.
    const check = choice.engines === undefined ? {} : { output_check: 'off' as const };
    // Neither reads nor fills the models of the account that runs the tests.
    const own = { api_base_url: given?.apiBaseUrl ?? studio.url, models_root: join(folder, 'models') };
    return { ...own, ...known, ...check, ...choice.config };
  }
  return {
    studio,
    studioClock,
    async startWorker(choice = {}) {
      const folder = await folderFor(choice);
      const worker = await startLocal(folder, await patchFor(folder, choice), choice);
      workers.push(worker);
      return worker;
    },
    async spawnWorker(choice = {}) {
      const folder = await folderFor(choice);
      const config = await openConfig(join(folder, 'config.toml'), REAL, { log: mute().logger });
      await config.update(await patchFor(folder, choice));
      config.close();
      const child = spawnChild(folder, choice.variables);
      workers.push(child);
      return child;
    },
    async [Symbol.asyncDispose]() {
      studio.mischief.freeze = undefined;
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
      await studio[Symbol.asyncDispose]();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startLocal(folder: string, patch: ConfigPatch, choice: WorkerChoice): Promise<LocalWorker> {
  const clock = new SkippingClock();
  let stderr = '';
  const { engines: given, cpuRule } = choice;
  const plain = effectsFor(clock, (text) => (stderr += text));
  const { gpus = plain.gpus, presence = plain.presence, surroundings = plain.surroundings } = choice;
  const world = { ...plain, gpus, presence, surroundings };
  const events: LogEvent[] = [];
  const log = openLog({
    clock,
    format: 'json',
    levels: { every: 'debug', areas: {} },
    terminal: world.terminal.stderr,
    tracker: { sink: (event) => void events.push(event), flush: () => Promise.resolve() },
  });
  const learnSecret = (secret: string): void => log.redactor.learn(secret);
  const config = await openConfig(join(folder, 'config.toml'), world, {
    log: log.logger,
    learnSecret,
    watched: true,
  });
  await config.update(patch);
  const effects = underGpuRules(world, config);
  const real = realEngines(effects, { log: log.logger, config });
  const composed = await composeWorker({
    effects,
    config,
    log,
    engines: given ?? real.engines,
    quarantine: choice.quarantine ?? real.quarantine,
    cpuRule: cpuRule ?? real.cpuRule,
    registrationPolicy: { pollMs: 50 },
  });
  const ended = composed.run();
  const seen = (): string => `the worker is ${JSON.stringify(composed.status())}; it logged ${namesOf(events)}`;
  const until = (what: string, fact: () => boolean): Promise<void> => waitFor(what, fact, seen);
  const worker: LocalWorker = {
    id: config.current.worker_id ?? '',
    folder,
    config,
    clock,
    events,
    stderr: () => stderr,
    log,
    ended,
    control: composed.control,
    composed,
    effects,
    engines: given ?? real.engines,
    status: () => composed.status(),
    signal: () => composed.signal(),
    until,
    async logged(name) {
      const find = (): LogEvent | undefined => events.find(({ event }) => event === name);
      await until(`the event ${name}`, () => find() !== undefined);
      return find() ?? { at: 0, level: 'debug', area: 'worker', event: name, fields: {} };
    },
    live: () =>
      until('a live session', () => {
        const { session } = composed.status();
        if (session.at === 'backing-off') clock.skip(session.retryInMs);
        return session.at === 'live';
      }),
    done: () =>
      until('an idle worker with nothing to deliver', () => {
        const { runningJobs, outbox } = composed.status();
        return runningJobs.length === 0 && outbox.count === 0;
      }),
    async [Symbol.asyncDispose]() {
      composed.signal();
      composed.signal();
      clock.skip(5_000); // an engine that heeds no abort, a socket whose peer says no goodbye
      await ended;
      config.close();
    },
  };
  return worker;
}

/** The real world, but for a clock that can jump, a terminal nobody reads and a machine of known size. */
const untold = (): Promise<UnknownReading> => Promise.resolve({ is: 'unknown', because: 'nobody asked' });

export function effectsFor(clock: Clock, write: (text: string) => void): Effects {
  const output: Output = { write, isTty: false, columns: 80, colourDepth: 1, failure: undefined };
  const env = (): undefined => undefined;
  return {
    ...REAL,
    environment: {
      ...REAL.environment,
      get: (name) => ffmpegVariables[name] ?? REAL.environment.get(name),
    },
    clock,
    http: createHttp({ clock, env }),
    sockets: createSockets({ clock, env }),
    terminal: { stdout: output, stderr: output, drain: () => Promise.resolve(), isStalled: false },
    presence: { read: () => Promise.resolve({ is: 'unknown', reasons: ['nobody asked'] }) },
    surroundings: { power: untold, programs: untold, fullScreen: untold },
    gpus: { probe: () => Promise.resolve({ gpus: [], ram: { totalBytes: 0, freeBytes: 0 }, reasons: [] }) },
    machine: {
      hostName: () => 'rig-01',
      userName: () => 'webber',
      vramTotalGb: () => Promise.resolve(24),
      vram: () => Promise.resolve({ totalGb: 24, reasons: [], silentGpus: 0 }),
    },
  };
}

const mute = (): Log =>
  openLog({
    clock: systemClock,
    format: 'json',
    levels: { every: 'error', areas: {} },
    terminal: { write: () => {}, colourDepth: 1 },
  });

/** The newest, since a failure is about the end of the story. */
const namesOf = (events: readonly LogEvent[]): string =>
  events
    .slice(-30)
    .map(({ event }) => event)
    .join(', ') || 'nothing';

/** Something the studio waits at, which reports when it got there. */
export interface Gate extends PromiseLike<void> {
  readonly reached: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: opened.resolve,
    // oxlint-disable-next-line unicorn/no-thenable -- what waits at the gate awaits it
    then: (onOpened, onFailed) => {
      reached.resolve();
      return opened.promise.then(onOpened, onFailed);
    },
  };
}
