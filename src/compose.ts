import type { World } from './cli/world.ts';
import type { Effects } from './compose/effects.ts';
import type { ControlClient } from './worker/control/client.ts';

/*
 * The only place that picks real side effects, for the command line. What a command does not use is not loaded: a
 * `--help` that first read every schema of the contract would take ten times as long.
 */

/** The real world, as the commands meet it. */
export async function createWorld(): Promise<World> {
  const { realEffects } = await import('./compose/effects.ts');
  const effects = realEffects();
  return {
    ...here(effects),
    ...worker(effects),
    ...installation(effects),
    ...studio(effects),
    studioDefaults: await studioDefaultsOf(effects),
  };
}

/** The terminal of the operator who typed the command, and the files they name. */
const here = ({ clock, environment, files, machine, terminal }: Effects) =>
  ({
    terminal,
    clock,
    env: environment.get,
    readText: (path, maxBytes) => files.readNamedText(path, maxBytes),
    readBytes: (path, maxBytes) => files.readNamedBytes(path, maxBytes),
    isInputPiped: async () => (await import('./system/input.ts')).isInputPiped(),
    readInput: async (maxBytes) => (await import('./system/input.ts')).readInput(maxBytes),
    writeFile: async (path, bytes, how) =>
      (await import('./system/disk/given-file.ts')).writeGivenFile(path, bytes, how),
    openLines: async () => (await import('./system/ask-line.ts')).openLines(),
    confirm: async (question) => (await import('./system/confirm.ts')).confirmOnTerminal(question),
    machineName: machine.hostName(),
  }) satisfies Partial<World>;

/** A worker of this machine, its config, and what it keeps. */
const worker = (effects: Effects) =>
  ({
    openConfig: async (path, how) =>
      (await import('./compose/commands/opened-config.ts')).openedConfig(path, how?.readOnly ?? false, effects),
    control: (configPath) => controlOf(configPath, effects),
    runWorker: async (choice) => {
      void effects.machine.vram(); // a driver takes a while to answer, and the rest is loaded meanwhile
      return (await import('./compose/commands/run.ts')).runWorker(choice, effects);
    },
    showPage: async (url) => (await import('./compose/ui/show-page.ts')).showPageHere(url, effects),
    openWindow: async (choice) => (await import('./compose/ui/window.ts')).openWorkerUi(choice, effects),
    modelFiles: async (configPath) =>
      (await import('./compose/commands/model-files.ts')).openModelFiles(configPath, effects),
    outbox: async (configPath) => (await import('./compose/commands/outbox.ts')).openLocalOutbox(configPath, effects),
    openChat: async (choice) => (await import('./compose/local/chat.ts')).openChat(choice, effects),
    interruptible: async (work) => (await import('./compose/local/interruptible.ts')).interruptible(work),
    modelMemory: async (configPath) =>
      (await import('./compose/local/model-memory.ts')).openModelMemory(configPath, effects),
    pulls: async (configPath) => (await import('./compose/local/pulls.ts')).openPulls(configPath, effects),
    models: async (configPath) => (await import('./compose/model-store.ts')).openLocalModels(configPath, effects),
    explainOffer: async (choice) =>
      (await import('./compose/commands/explain.ts')).explainOffer(choice, effects, (path) => controlOf(path, effects)),
  }) satisfies Partial<World>;

/** This program on this machine. */
const installation = (effects: Effects) =>
  ({
    doctor: async (configPath) =>
      (await import('./compose/doctor/doctor.ts')).openDoctor(configPath, effects, (path) => controlOf(path, effects)),
    uninstaller: async (configPath) =>
      (await import('./compose/commands/uninstall.ts')).openUninstaller(configPath, effects),
    paths: async (configPath) => (await import('./compose/commands/paths.ts')).ownedPaths(configPath, effects),
    service: async (configPath) => (await import('./compose/commands/service.ts')).openService(configPath, effects),
    engines: async (configPath) =>
      (await import('./compose/commands/engine-report.ts')).reportEngines(configPath, effects),
    packs: async (configPath) => (await import('./compose/engines/packs.ts')).openPacks(configPath, effects),
    updates: async (configPath) => (await import('./compose/update/commands.ts')).openUpdates(configPath, effects),
    readLogFiles: async (path) => (await import('./compose/commands/log-files.ts')).readLogFiles(path, effects),
  }) satisfies Partial<World>;

/** Studios: one's own, and the operator's side of any. */
const studio = (effects: Effects) =>
  ({
    startStudio: async (choice) => (await import('./compose/commands/studio.ts')).startStudioProcess(choice, effects),
    migrateStudio: async (choice) => (await import('./compose/commands/studio.ts')).migrateStudio(choice, effects),
    operator: async ({ url, token }) =>
      (await import('./operator/client.ts')).createOperatorClient({ http: effects.http, url, token }),
    operatorApi: async () => ({
      ...(await import('./contract/operator/views.ts')),
      ...(await import('./contract/json.ts')),
      ...(await import('./contract/limits.ts')),
      ...(await import('./contract/read.ts')),
      ...(await import('./models/store/source-check.ts')),
    }),
    demo: async (choice) => (await import('./compose/commands/demo.ts')).startDemo(choice, effects),
  }) satisfies Partial<World>;

async function studioDefaultsOf({ environment }: Effects): Promise<World['studioDefaults']> {
  const { studioDefaults } = await import('./local-studio/defaults.ts');
  return studioDefaults(environment);
}

const controlOf = (configPath: string, effects: Effects): ControlClient => {
  const client = async (): Promise<ControlClient> => {
    const { siblingsOf } = await import('./config/paths.ts');
    const { askRunningWorker } = await import('./compose/commands/running-worker.ts');
    const { createControlClient } = await import('./worker/control/client.ts');
    const paths = siblingsOf(configPath);
    return createControlClient(
      (request, options) => askRunningWorker(paths, { request, ...options }, effects),
      configPath,
    );
  };
  return {
    ask: async (name, request) => (await client()).ask(name, request),
    stream: async (name, request, signal) => (await client()).stream(name, request, signal),
  };
};
