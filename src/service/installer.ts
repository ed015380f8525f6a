import { errorChain, WorkerError } from '../base/errors.ts';
import { codeOf } from '../base/system-code.ts';
import { type MachineChange, folderOf, missingFolders, type Receipt } from '../release/receipt.ts';
import type { Files } from '../system/disk/files.ts';
import type { RunStep } from './run-step.ts';
import type { ServiceFacts, ServiceManager, ServiceState, ServiceStep } from './service.ts';

/** The service of this account: there is one, whatever config it runs with. */
export interface ServiceInstaller {
  readonly manager: string;
  readonly path: string;
  /**
   * Writes the service's file and starts it; one that runs is started anew. What cannot be started stays written.
   *
   * @throws WorkerError `service.not-activated` with the commands to run by hand | `service.unsupported` where there is
   * no such service manager | `disk.full`
   */
  install(facts: ServiceFacts): Promise<void>;
  /** Stops it and removes its file. Steps that fail are given back: the file goes in any case. */
  uninstall(): Promise<{ readonly removed: boolean; readonly failures: readonly string[] }>;
  state(): Promise<ServiceState>;
}

export interface InstallerDeps {
  readonly manager: ServiceManager;
  readonly files: Pick<Files, 'makeDir' | 'writeAtomic' | 'remove' | 'stat'>;
  readonly receipt: Pick<Receipt, 'add' | 'remove'>;
  readonly runStep: RunStep;
}

/** Installs by this service manager. */
export const createServiceInstaller = (deps: InstallerDeps): ServiceInstaller => new FileInstaller(deps);

class FileInstaller implements ServiceInstaller {
  readonly #deps: InstallerDeps;
  readonly #change: MachineChange;

  constructor(deps: InstallerDeps) {
    this.#deps = deps;
    this.#change = { is: 'service', path: this.path };
  }

  get manager(): string {
    return this.#deps.manager.name;
  }

  get path(): string {
    return this.#deps.manager.path;
  }

  async install(facts: ServiceFacts): Promise<void> {
    const { manager, runStep } = this.#deps;
    await this.#writeFile(facts);
    for (const step of manager.activate) {
      const problem = await problemOf(step, runStep);
      if (problem === undefined || step.mayFail === true) continue;
      if (!problem.isMissing) throw notActivated(manager, problem.because);
      await this.#forgetFile();
      throw unsupported(manager, problem.because);
    }
  }

  async uninstall(): Promise<{ readonly removed: boolean; readonly failures: readonly string[] }> {
    const { manager, files, receipt, runStep } = this.#deps;
    if ((await files.stat(this.path)) === undefined) {
      await receipt.remove(this.#change);
      return { removed: false, failures: [] };
    }
    const failures = await failuresOf(manager.deactivate, runStep);
    await this.#forgetFile();
    return { removed: true, failures: [...failures, ...(await failuresOf(manager.forget, runStep))] };
  }

  async state(): Promise<ServiceState> {
    const { manager, files, runStep } = this.#deps;
    if ((await files.stat(this.path)) === undefined) return 'not-installed';
    try {
      return manager.state(await runStep(manager.query.command));
    } catch {
      return 'stopped'; // nobody is there who could have started it
    }
  }

  async #writeFile(facts: ServiceFacts): Promise<void> {
    const { manager, files, receipt } = this.#deps;
    const text = manager.text(facts);
    for (const folder of facts.writable) await this.#makeFolder(folder, 0o700);
    await this.#makeFolder(folderOf(this.path), 0o755);
    // It may hold the address of a proxy with its password.
    await files.writeAtomic(this.path, bytesOf(text, manager), { mode: 0o600, durable: true });
    await receipt.add(this.#change);
  }

  async #makeFolder(folder: string, mode: number): Promise<void> {
    const { files, receipt } = this.#deps;
    await receipt.add(...(await missingFolders(folder, files)));
    await files.makeDir(folder, { mode });
  }

  async #forgetFile(): Promise<void> {
    await this.#deps.files.remove(this.path);
    await this.#deps.receipt.remove(this.#change);
  }
}

interface Problem {
  readonly because: string;
  /** There is no such program on this machine. */
  readonly isMissing: boolean;
}

async function problemOf({ command }: ServiceStep, runStep: RunStep): Promise<Problem | undefined> {
  try {
    const { code, output, lastError } = await runStep(command);
    if (code === 0) return undefined;
    const because = lastError || output.trim() || `it exited with code ${code}`;
    return { because: `\`${shellLine(command)}\`: ${because}`, isMissing: false };
  } catch (thrown) {
    return { because: `\`${command[0]}\`: ${errorChain(thrown)}`, isMissing: codeOf(thrown) === 'ENOENT' };
  }
}

async function failuresOf(steps: readonly ServiceStep[], runStep: RunStep): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const step of steps) {
    const problem = await problemOf(step, runStep);
    if (problem !== undefined) failures.push(problem.because);
  }
  return failures;
}

const notActivated = ({ name, activate }: ServiceManager, because: string): WorkerError =>
  new WorkerError('service.not-activated', `${name} did not start the service: ${because}`, {
    hint: `Start it by hand with ${activate.map(({ command }) => `\`${shellLine(command)}\``).join(', then ')}; its file is written.`,
  });

const unsupported = ({ name }: ServiceManager, because: string): WorkerError =>
  new WorkerError('service.unsupported', `this machine has no ${name}: ${because}`, {
    hint: 'Have the init system of this machine start `studio-worker run`.',
  });

/** A command as a person types it. */
const shellLine = (command: readonly string[]): string =>
  command.map((word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`)).join(' ');

/** Windows reads a task in UTF-16 only, and knows it by its first two bytes. */
function bytesOf(text: string, { encoding }: ServiceManager): string | Uint8Array {
  return encoding === 'utf8' ? text : new Uint8Array(Buffer.from(`\uFEFF${text}`, 'utf16le'));
}
