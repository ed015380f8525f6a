import type { ServiceControl } from '../../cli/world/service.ts';
import { SECOND_MS } from '../../base/units.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import { missingFolders, openReceipt, type Receipt, receiptPath } from '../../release/receipt.ts';
import { accountName, configHome, managerFor } from '../../service/account.ts';
import { createServiceInstaller } from '../../service/installer.ts';
import { logPathIn } from '../../service/launchd.ts';
import { createRunStep, type RunStep, succeeds } from '../../service/run-step.ts';
import { loginEntry, scopeProbe } from '../../service/login.ts';
import { syncLogin } from '../../service/login-sync.ts';
import { enableLinger, lingering } from '../../service/linger.ts';
import type { ServiceFacts } from '../../service/service.ts';
import { serviceVariables } from '../../service/variables.ts';
import { isolationProbe } from '../../service/systemd.ts';
import { writableFolders, type WrittenPlaces } from '../../service/writable.ts';
import { createAskProgram } from '../../system/process/ask-program.ts';
import { memoryProperties } from '../../system/process/memory-scope.ts';
import { childEnvironment, processVariables, ownCommand } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import { configPathOf, openConfig } from '../config.ts';
import { LEAVE_MS } from '../../worker/reports/service-report.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';

/** The driver's own program that loads modules and makes devices, for which it has the rights of root. */
const GPU_HELPER = '/usr/bin/nvidia-modprobe';

/** The service of this account, for commands. @throws WorkerError `service.unsupported` */
export async function openService(named: string | undefined, effects: Effects): Promise<ServiceControl> {
  const { files, environment } = effects;
  const path = await configPathOf(named, effects);
  const runStep = systemCommands(effects);
  const receipt = accountReceipt(effects);
  const installer = createServiceInstaller({ manager: managerFor(environment), files, receipt, runStep });
  const account = accountName(environment);
  const isSystemd = environment.platform === 'linux';
  const prepare = async (): Promise<void> =>
    await receipt.add(...(await missingFolders(siblingsOf(path).folder, files)));
  return {
    manager: installer.manager,
    path: installer.path,
    prepare,
    async install() {
      await prepare();
      const log = openCommandLog(effects).logger.child({}, 'cli');
      const config = await openConfig(path, effects, { log });
      const isolated = isSystemd && (await succeeds(runStep, isolationProbe));
      const facts = { configPath: named === undefined ? undefined : path, path, config: config.current, isolated };
      await installer.install(await factsOf(facts, receipt, effects));
      return { isolated: isSystemd ? isolated : undefined };
    },
    uninstall: () => installer.uninstall(),
    syncLogin: (enabled) => syncLoginEntry(enabled, { named, path, runStep, receipt }, effects),
    state: () => installer.state(),
    lingering: async () => (isSystemd ? await lingering(account, runStep) : undefined),
    enableLinger: () => enableLinger(account, runStep),
  };
}

interface LoginPlan {
  readonly named: string | undefined;
  readonly path: string;
  readonly runStep: RunStep;
  readonly receipt: Receipt;
}

/** The window starts under the memory ceiling where systemd runs for this account. */
async function syncLoginEntry(
  enabled: boolean,
  { named, path, runStep, receipt }: LoginPlan,
  effects: Effects,
): Promise<void> {
  const { environment, files } = effects;
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const config = await openConfig(path, effects, { log, readOnly: true });
  const memory = memoryProperties(config.current.memory_max_gb);
  const isScoped = environment.platform === 'linux' && (await succeeds(runStep, scopeProbe(memory)));
  const minimised = config.current.start_minimised ? ['--minimised'] : [];
  const [program = environment.execPath, ...own] = ownCommand();
  const command = [program, ...own, ...(named === undefined ? [] : ['--config', path]), 'ui', ...minimised] as const;
  const place = { ...environment, configHome: configHome(environment) };
  await syncLogin(loginEntry(command, place, isScoped ? memory : undefined), enabled, { files, receipt, runStep });
}

/** What installing changed on this account, so that further changes can be added. */
export const accountReceipt = ({ environment, files }: Pick<Effects, 'environment' | 'files'>): Receipt =>
  openReceipt(receiptPath(environment), files);

interface ServiceRequest {
  /** Named by the operator, and so by the service; undefined for the account's usual one. */
  readonly configPath: string | undefined;
  readonly path: string;
  readonly config: Config;
  readonly isolated: boolean;
}

/** Reads the machine for all that the service's file says. */
async function factsOf(request: ServiceRequest, receipt: Receipt, effects: Effects): Promise<ServiceFacts> {
  const { environment, files, native } = effects;
  const { config, configPath, isolated } = request;
  const [program = environment.execPath, ...own] = ownCommand();
  const hasHelper = environment.platform === 'linux' && (await files.stat(GPU_HELPER)) !== undefined;
  return {
    command: [program, ...own, ...(configPath === undefined ? [] : ['--config', configPath]), 'run'],
    variables: serviceVariables(environment, native.folder),
    writable: writableFolders(await writtenPlaces(request, receipt, effects)),
    isolated,
    memory: memoryProperties(config.memory_max_gb),
    stopSecs: config.stop_grace_secs + LEAVE_MS / SECOND_MS,
    logPath: logPathIn(environment.homeDir),
    account: accountName(environment),
    ...(hasHelper ? { gpuHelper: GPU_HELPER } : {}),
  };
}

/** Reads what `writableFolders` goes by. */
async function writtenPlaces(
  { config, path }: ServiceRequest,
  receipt: Receipt,
  { environment, files, native }: Effects,
): Promise<WrittenPlaces> {
  const { folder, outbox } = siblingsOf(path);
  const [program, ...own] = ownCommand();
  return {
    configFolder: folder,
    outboxFolder: (await files.kindOf(outbox)) === 'link' ? ((await files.realPath(outbox)) ?? outbox) : outbox,
    modelsRoot: config.models_root,
    nativeFolder: native.folder,
    receiptPath: receipt.path,
    changes: await receipt.read(),
    program: own.length === 0 ? (program ?? environment.execPath) : undefined,
  };
}

/** Runs programs of the system's, without our secrets. */
export function systemCommands(
  { clock }: Pick<Effects, 'clock'>,
  variables: Readonly<Record<string, string>> = {},
): RunStep {
  return createRunStep(createAskProgram(runProgram, clock), childEnvironment(processVariables(), variables));
}
