import { origin } from '../../base/build/origin.ts';
import { WorkerError, errorChain } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { VERSION } from '../../base/version.ts';
import type { Doctor } from '../../cli/world/doctor.ts';
import { shownFacts } from '../../config/read.ts';
import { bundleText, lastLines, secretsOf } from '../../doctor/bundle.ts';
import type { DoctorDeps } from '../../doctor/deps.ts';
import { CHECKS, examine, type Examined } from '../../doctor/examine.ts';
import { createRedactor } from '../../log/redact.ts';
import { siblingsOf } from '../../config/paths.ts';
import { logPathIn } from '../../service/launchd.ts';
import { journalCommand } from '../../service/systemd.ts';
import type { ControlClient } from '../../worker/control/client.ts';
import { systemCommands } from '../commands/service.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { doctorDeps } from './deps.ts';

/** Looks at this machine, for the command line. */
export async function openDoctor(
  named: string | undefined,
  effects: Effects,
  control: (configPath: string) => ControlClient,
): Promise<Doctor> {
  const path = await configPathOf(named, effects);
  const client = control(path);
  const asked = { worker: () => client.ask('status', {}), offers: () => client.ask('offers', {}) };
  const deps = doctorDeps({ named, path, asked }, effects);
  return {
    checks: CHECKS,
    examine: () => examine(deps, effects.clock),
    async *bench() {
      yield* (await import('./bench.ts')).benchmarks(path, effects);
    },
    async writeBundle(file, findings) {
      const text = await bundleOf(findings, deps, effects);
      try {
        await effects.files.writeAtomic(file, text, { mode: 0o600 });
      } catch (thrown) {
        if (thrown instanceof WorkerError) throw thrown;
        throw new WorkerError('file.not-written', `cannot write ${file}: ${errorChain(thrown)}`, {
          cause: thrown,
          hint: 'Name another file with `--bundle`.',
        });
      }
    },
  };
}

/** What a bundle holds, with everything taken out that is secret. What cannot be read is left out of it. */
async function bundleOf(findings: readonly Examined[], deps: DoctorDeps, effects: Effects): Promise<string> {
  const { environment, clock, files } = effects;
  // Both are findings of their own, which the bundle holds.
  const opened = await deps.config().catch(() => undefined);
  const config = opened?.values;
  const redactor = createRedactor();
  for (const secret of secretsOf(config, environment.get)) redactor.learn(secret);
  const service = await deps.service().catch(() => undefined);
  return bundleText(
    {
      version: VERSION,
      build: origin,
      platform: environment.platform,
      arch: environment.arch,
      writtenAt: new Date(clock.now()).toISOString(),
      findings,
      config: config && shownFacts(config),
      worker: await deps.worker(),
      offers: await deps.offers(),
      gpus: await deps.gpus(),
      engines: await deps.engines().catch((thrown: unknown) => errorChain(thrown)),
      service: service && (await files.readText(service.path)),
      log: [...(await lastLog(effects)), ...(opened === undefined ? [] : await fileLog(opened.path, effects))],
    },
    (text) => redactor.redactText(text),
    environment.homeDir,
  );
}

/** What workers wrote to their file last that no service manager started. */
async function fileLog(path: string, { files }: Pick<Effects, 'files'>): Promise<readonly string[]> {
  return lastLines((await files.readText(siblingsOf(path).log)) ?? '', LOG_LINES);
}

const LOG_LINES = 300;
const MAX_LOG_BYTES = 64 * MIB;

/** What the service printed last, where the system keeps it; nothing where it cannot be read. */
async function lastLog(effects: Effects): Promise<readonly string[]> {
  const { files } = effects;
  const { platform, homeDir } = effects.environment;
  if (platform === 'darwin') {
    const text = await files.readNamedText(logPathIn(homeDir), MAX_LOG_BYTES).catch(() => undefined);
    return lastLines(text ?? '', LOG_LINES);
  }
  if (platform !== 'linux') return [];
  const journal = await systemCommands(effects)(journalCommand(LOG_LINES)).catch(() => undefined);
  return lastLines(journal?.output ?? '', LOG_LINES);
}
