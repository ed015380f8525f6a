import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import type { World } from '../../../src/cli/world.ts';
import type { OpenedConfig } from '../../../src/cli/world/config.ts';
import type { ConfigChanges, ConfigValues } from '../../../src/config/values/command-values.ts';
import * as views from '../../../src/contract/operator/views.ts';
import * as json from '../../../src/contract/json.ts';
import * as limits from '../../../src/contract/limits.ts';
import * as read from '../../../src/contract/read.ts';
import * as routes from '../../../src/contract/routes.ts';
import * as sourceCheck from '../../../src/models/store/source-check.ts';
import type { Updates } from '../../../src/release/update/by-hand.ts';
import { writeGivenFile } from '../../../src/system/disk/given-file.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import type { Terminal } from '../../../src/system/terminal.ts';
import type { WorkerStatus } from '../../../src/worker/status.ts';
import { aControl, clientOf } from '../../fakes/a-control.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

export interface Screen {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
}

/** A terminal that keeps what was written. */
export function aScreen(look: { isTty?: boolean; columns?: number; colourDepth?: 1 | 24 } = {}): Screen {
  const { isTty = false, columns = 80, colourDepth = 1 } = look;
  let out = '';
  let err = '';
  const decoder = new TextDecoder();
  const output = (add: (text: string) => void) => ({
    write: (data: string | Uint8Array) => add(typeof data === 'string' ? data : decoder.decode(data)),
    isTty,
    columns,
    colourDepth,
    failure: undefined,
  });
  return {
    terminal: {
      stdout: output((text) => (out += text)),
      stderr: output((text) => (err += text)),
      drain: async () => {},
      isStalled: false,
    },
    out: () => out,
    err: () => err,
  };
}

export const aConfig = (values: Partial<ConfigValues> = {}): ConfigValues => ({
  apiBaseUrl: 'https://studio.minis.gg/',
  workerId: undefined,
  registrationRequestId: undefined,
  vramThresholdGb: 12,
  autoStart: true,
  iconAtLogin: undefined,
  autoEnabled: true,
  modelsRoot: '/home/ada/models',
  autoUpdateEnabled: true,
  autoUpdateIntervalSeconds: 1800,
  ...values,
});

export interface Setup extends Screen, AsyncDisposable {
  readonly world: World;
  readonly folder: string;
  /** Bootstrap tokens that were traded in. */
  readonly spent: readonly string[];
  readonly saved: readonly ConfigChanges[];
  readonly resets: () => number;
  readonly reloads: () => number;
  readonly clock: FakeClock;
  run(...argv: string[]): Promise<number>;
}

interface Given {
  readonly config?: Partial<ConfigValues>;
  readonly configExists?: boolean;
  readonly worker?: WorkerStatus;
  readonly look?: Parameters<typeof aScreen>[0];
  readonly world?: Partial<World>;
  /** What standard input holds. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const untold = (what: string) => (): never => {
  throw new Error(`this test has no ${what}`);
};

/** Releases that can do what a test names, and nothing else. */
export const someUpdates = (can: Partial<Updates>): Updates => ({
  check: untold('feed'),
  plan: untold('plan'),
  install: untold('release'),
  pin: untold('memory'),
  ...can,
});

/** Everything a command may reach: a config that remembers its patches, a worker that may run, a real folder. */
export async function setup(given: Given = {}): Promise<Setup> {
  const folder = await mkdtemp(join(tmpdir(), 'studio-worker-cli-'));
  const screen = aScreen(given.look);
  const clock = new FakeClock();
  const saved: ConfigChanges[] = [];
  const spent: string[] = [];
  let resets = 0;
  let reloads = 0;
  const running = given.worker && aControl(given.worker, { reload: async () => void (reloads += 1) }).control;
  const openConfig = async (path = '/etc/worker/config.toml'): Promise<OpenedConfig> => ({
    path,
    exists: given.configExists ?? true,
    values: aConfig(given.config),
    overridden: [],
    entry: untold('config keys'),
    set: untold('config keys'),
    toml: () => `# ${path}\napi_base_url = "https://studio.minis.gg/"\nauth_token = "***"\n`,
    facts: () => ({ api_base_url: 'https://studio.minis.gg/', auth_token: '***' }),
    update: async (patch) => void saved.push(patch),
    bootstrap: async (token) => {
      spent.push(token);
      return 'w-1';
    },
    resetRegistration: async () => void (resets += 1),
  });
  const world: World = {
    terminal: screen.terminal,
    clock,
    env: (name) => given.env?.[name],
    readText: (path, mostBytes) => systemFiles.readNamedText(path, mostBytes),
    readBytes: (path, maxBytes) => systemFiles.readNamedBytes(path, maxBytes),
    operator: untold('network'),
    packs: untold('packs'),
    openWindow: untold('browser'),
    showPage: untold('browser'),
    updates: untold('releases'),
    readInput: async () => given.input ?? '',
    writeFile: writeGivenFile,
    openConfig,
    control: () => clientOf(running),
    runWorker: untold('worker'),
    startStudio: untold('studio'),
    migrateStudio: untold('studio migrate'),
    studioDefaults: {
      url: 'http://127.0.0.1:9790',
      host: '127.0.0.1',
      port: 9790,
      dataDir: folder,
      tokenFileIn: (dataDir) => join(dataDir, 'operator-token'),
    },
    operatorApi: async () => ({ ...views, ...routes, ...json, ...limits, ...read, ...sourceCheck }),
    demo: untold('demo'),
    doctor: untold('doctor'),
    uninstaller: untold('receipt'),
    confirm: async () => undefined,
    machineName: 'rig-01',
    service: untold('service manager'),
    engines: untold('engine reports'),
    explainOffer: untold('engines'),
    pulls: untold('downloads'),
    modelMemory: untold('memory'),
    openChat: untold('models'),
    openLines: async () => undefined,
    interruptible: async (work) => ({ is: 'done', value: await work(new AbortController().signal) }),
    isInputPiped: async () => given.input !== undefined,
    models: untold('models'),
    outbox: untold('outbox'),
    readLogFiles: () => Promise.resolve(undefined),
    paths: untold('paths'),
    modelFiles: untold('model files'),
    ...given.world,
  };
  return {
    ...screen,
    world,
    folder,
    saved,
    spent,
    clock,
    resets: () => resets,
    reloads: () => reloads,
    run: (...argv) => runCli(argv, world),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
