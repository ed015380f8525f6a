import { errorChain, WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import { MINUTE_MS } from '../../base/units.ts';
import { USER_AGENT } from '../../base/version.ts';
import type { ConfigStore } from '../../config/store.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Logger } from '../../log/logger.ts';
import { createModelStore } from '../../models/store/store.ts';
import { type StageDeps, STORE } from '../../release/update/stage.ts';
import type { Files } from '../../system/disk/files.ts';
import { createRemote } from '../../system/net/remote/remote-client.ts';
import { type AskProgram, createAskProgram, type ProgramAnswer } from '../../system/process/ask-program.ts';
import { childEnvironment, ourVariables } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import { readZip } from '../../system/native/zip.ts';
import type { Effects } from '../effects.ts';
import { modelStoreOptions } from '../model-store.ts';
import { sumOf } from './file-sum.ts';
import { tripleOf } from './release-source.ts';

/** Unpacking and the self-test read some hundred megabytes, on however slow a disk. */
const PROGRAM_MS = 5 * MINUTE_MS;
const MAX_ARCHIVE_BYTES = 2 ** 31;

/** What a release is staged with: below the config's folder, with the programs of this system. */
export function stageDeps(
  config: Pick<ConfigStore, 'path' | 'live' | 'current'>,
  effects: Effects,
  log: Logger,
): StageDeps {
  const { files, http, clock, environment } = effects;
  const isWindows = environment.platform === 'win32';
  const root = siblingsOf(config.path).updates;
  const join = (...parts: readonly string[]): string => parts.join(isWindows ? '\\' : '/');
  const ask = createAskProgram(runProgram, clock);
  const store = createModelStore({
    ...modelStoreOptions(effects, config, log),
    root: join(root, STORE),
    maxBytes: () => undefined,
    // The operator named the feed, which may be in the operator's own network.
    remote: createRemote({ clock, env: environment.get, userAgent: USER_AGENT, allowPrivate: () => true }),
  });
  return {
    root,
    join,
    files,
    http,
    target: tripleOf(environment),
    binary: isWindows ? 'studio-worker.exe' : 'studio-worker',
    installerFile: isWindows ? 'studio-worker-installer.ps1' : 'studio-worker-installer.sh',
    async fetchArchive({ url, artifact: { name, sha256, sizeBytes } }, signal) {
      await using lease = store.lease();
      const file = { role: 'model' as const, url, filename: name, sha256, approxBytes: BigInt(sizeBytes) };
      const source = { engine: 'synthetic' as const, files: [file], cliDefaults: NO_DEFAULTS };
      const { paths } = await lease.filesFor({ model: toModelId('release'), source }, signal);
      return paths.get('model') ?? '';
    },
    sumOf: (path) => sumOf(path, files),
    unpack: async (archive, member, to, signal) => {
      if (archive.endsWith('.zip')) await unpackZip({ archive, member, to, files });
      else await unpackTar({ archive, member, to, files, signal, ask });
    },
    async selfTest(program, words, signal) {
      const answer = await run([program, '--self-test', ...words], ask, signal);
      return answer.end.is === 'exited' && answer.end.code === 0 ? undefined : howItEnded(answer);
    },
    log,
  };
}

const NO_DEFAULTS = { cfgScale: 0, steps: 0, width: 0, height: 0 };

interface Unpacking {
  readonly archive: string;
  readonly member: string;
  readonly to: string;
  readonly files: Files;
}

/** By the system's own program, as the installers do; what else is in the archive stays there. */
async function unpackTar({
  archive,
  member,
  to,
  files,
  signal,
  ask,
}: Unpacking & { readonly signal: AbortSignal; readonly ask: AskProgram }): Promise<void> {
  const folder = `${to}.unpacked`;
  await files.remove(folder);
  await files.makeDir(folder, { mode: 0o700 });
  try {
    const answer = await run(['tar', '-xf', archive, '-C', folder, member], ask, signal);
    if (answer.end.is !== 'exited' || answer.end.code !== 0) {
      throw new WorkerError('update.blocked', `cannot unpack ${archive}: ${howItEnded(answer)}`, {
        hint: 'Install `tar` and `xz`, and make sure that there is disk space left.',
        fields: { because: 'the archive cannot be unpacked' },
      });
    }
    await files.rename(`${folder}/${member}`, to);
  } finally {
    await files.remove(folder);
  }
}

async function unpackZip({ archive, member, to, files }: Unpacking): Promise<void> {
  const bytes = (await files.readBytes(archive)) ?? new Uint8Array();
  const found = readZip(bytes, MAX_ARCHIVE_BYTES).find(({ name }) => member.endsWith(`/${name}`));
  if (found === undefined) throw new WorkerError('update.untrusted', `${archive} has no ${member}`);
  await files.writeAtomic(to, found.bytes, { mode: 0o755 });
}

/** Throws `update.blocked` for a program that the system does not start. */
async function run(command: readonly string[], ask: AskProgram, signal: AbortSignal): Promise<ProgramAnswer> {
  try {
    return await ask(command, { env: childEnvironment(ourVariables()), limitMs: PROGRAM_MS, signal });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw new WorkerError('update.blocked', `cannot start ${command[0]}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Allow programs to be started from the folder of the config file.',
      fields: { because: 'a program cannot be started' },
    });
  }
}

function howItEnded({ end, lastError }: ProgramAnswer): string {
  if (lastError !== '') return lastError;
  if (end.is === 'exited') return `it exited with ${end.code}`;
  return end.is === 'killed' ? `it was killed by ${end.signal}` : 'it took too long';
}
