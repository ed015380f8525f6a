import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tarOf } from '../../install/archive/tar.ts';
import { formatSecretKey, generateSecretKey, parseSecretKey, publicKeyOf, type SecretKey } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import { systemClock } from '../../src/system/clock.ts';
import type { UpdateState } from '../../src/release/update/state.ts';
import { watchLog } from '../flow/child.ts';
import { PATIENCE_MS, waitFor } from '../flow/wait-for.ts';
import { type Publication, type ReleaseServer, releaseServer } from '../fakes/release/release-server.ts';
import { endOf, type Ended } from '../fakes/run-main.ts';
import { storedXz } from '../fakes/release/stored-xz.ts';
import { fakeStudio, type FakeStudio } from '../fakes/studio/fake-studio.ts';
import { tempFolder } from '../fakes/system/temp-folder.ts';
import { builtAs } from './built.ts';

/** The version that is installed at first, and the one that it is to move to. */
export const OLD = '0.6.0';
export const NEW = '0.7.0';
const FOLDER = 'dist/tests/update';
const DIST_MANIFEST = join(FOLDER, 'dist-manifest.json');
const { triple, binary } = targetOf(undefined);

/** Both executables, with a key in place of the project's own. Made once for a state of the sources and a system. */
export async function builtReleases(other?: string): Promise<{ readonly old: string; readonly fresh: string }> {
  const key = await signingKey();
  const manifest: Record<string, unknown> = JSON.parse(await readFile('dist-manifest.json', 'utf8'));
  const text = JSON.stringify({ ...manifest, signingKeys: [{ use: 'test', publicKey: publicKeyOf(key) }] });
  if (!existsSync(DIST_MANIFEST) || (await readFile(DIST_MANIFEST, 'utf8')) !== text)
    await writeFile(DIST_MANIFEST, text);
  return { old: await builtAs(OLD, DIST_MANIFEST, other), fresh: await builtAs(NEW, DIST_MANIFEST, other) };
}

export async function signingKey(): Promise<SecretKey> {
  const path = join(FOLDER, 'key');
  await mkdir(FOLDER, { recursive: true });
  if (!existsSync(path)) await writeFile(path, formatSecretKey(generateSecretKey()), { mode: 0o600 });
  return parseSecretKey(await readFile(path, 'utf8'));
}

/** An archive as a release has it, with this file as its executable. */
async function archiveOf(program: string): Promise<Uint8Array> {
  const bytes = await Bun.file(program).bytes();
  const contents = new Map([[`studio-worker-${triple}/${binary}`, { bytes, isExecutable: true }]]);
  return storedXz(tarOf(contents, { withFolders: true }));
}

/** A new version that is nothing but a script. It passes the self-test; `run` is what the test says. */
export const scripted = (run: string, version = NEW): string => `#!/bin/sh
case "$1" in
  --version) echo "studio-worker ${version}"; exit 0 ;;
  --self-test) exit 0 ;;
esac
${run}
`;

/** A worker of the installation, whichever version it is by now. */
export type RunningWorker = ReturnType<typeof watchLog>;

export interface UpdateScene extends AsyncDisposable {
  readonly server: ReleaseServer;
  readonly studio: FakeStudio;
  readonly program: string;
  /** Where releases are staged. */
  readonly staging: string;
  /** Publishes the new version as it was built, as another executable, or as a script whose `run` is this. */
  publish(
    about?: Partial<Publication> & {
      readonly run?: string;
      readonly executable?: string;
      readonly installer?: boolean;
    },
  ): Promise<void>;
  /** Starts a worker, whatever becomes of it; by another program when its command line is given. */
  launch(by?: readonly string[]): RunningWorker;
  /** Starts one and waits until it serves. */
  start(): Promise<RunningWorker>;
  command(...argv: readonly string[]): Promise<Ended>;
  /** What the executable in place says of itself. */
  version(): Promise<string>;
  state(): Promise<UpdateState>;
  /** The versions that did not work, once there is one: an update is over before it is on the disk. */
  faults(): Promise<UpdateState['faults']>;
}

/** An installation of the old version for a real studio, and a server of releases. */
export async function updateScene(more = ''): Promise<UpdateScene> {
  const { old, fresh } = await builtReleases();
  const key = await signingKey();
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const server = stack.use(releaseServer());
  const studio = stack.use(await fakeStudio({ clock: systemClock, patienceMs: PATIENCE_MS }));
  const program = folder.at(join('bin', binary));
  await mkdir(dirname(program));
  await copyFile(old, program);
  const { workerId, authToken, apiBaseUrl } = await studio.enrol();
  const config = folder.at('config.toml');
  const settings = {
    api_base_url: apiBaseUrl,
    worker_id: workerId,
    auth_token: authToken,
    auto_update_feed: server.feed,
  };
  const lines = Object.entries({ ...settings, models_root: folder.at('models') }).map(
    ([name, value]) => `${name} = ${JSON.stringify(value)}\n`,
  );
  await writeFile(config, `vram_threshold_gb = 12.0\n${lines.join('')}${more}`, { mode: 0o600 });
  const env = { HOME: folder.path, XDG_CACHE_HOME: folder.at('.cache'), PATH: '/usr/bin:/bin' };
  const spawn = (argv: readonly string[], by: readonly string[] = []) =>
    Bun.spawn([...by, program, ...argv], { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const launch = (by?: readonly string[]): RunningWorker => {
    const worker = watchLog(spawn(['run', '--config', config, '--log-format', 'json', '--log-level', 'debug'], by));
    stack.defer(() => worker[Symbol.asyncDispose]());
    return worker;
  };
  const stateNow = (): UpdateState => JSON.parse(readFileSync(folder.at('update-state.json'), 'utf8')) as UpdateState;
  return {
    server,
    studio,
    program,
    staging: folder.at('updates'),
    async publish({ run, executable = fresh, installer: hasInstaller = true, ...about } = {}) {
      if (run !== undefined) await writeFile(folder.at('script'), scripted(run, about.version), { mode: 0o755 });
      const installer = (await readFile('install/install.sh', 'utf8')).replace(
        /^KEYS='[^']*'/m,
        `KEYS='${publicKeyOf(key)}'`,
      );
      server.publish({
        version: NEW,
        signedBy: key,
        files: [
          {
            name: `studio-worker-${triple}.tar.xz`,
            kind: 'worker',
            target: triple,
            bytes: await archiveOf(run === undefined ? executable : folder.at('script')),
          },
          { name: 'studio-worker-installer.sh', kind: 'installer', target: 'any', bytes: Buffer.from(installer) },
        ].filter(({ kind }) => hasInstaller || kind !== 'installer'),
        ...about,
      });
    },
    launch,
    async start() {
      const worker = launch();
      await worker.logged('session.welcomed');
      return worker;
    },
    command: (...argv) => endOf(spawn([...argv, '--config', config])),
    async version() {
      return (await new Response(spawn(['--version']).stdout).text()).trim();
    },
    state: () => Promise.resolve(stateNow()),
    async faults() {
      await waitFor(
        'a version that did not work',
        () => stateNow().faults.length > 0,
        () => JSON.stringify(stateNow()),
      );
      return stateNow().faults;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
