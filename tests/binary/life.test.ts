import { expect } from 'bun:test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tarOf } from '../../install/archive/tar.ts';
import { contentsOf as filesOfArchive } from '../../install/contents.ts';
import { installerWith } from '../../install/installers.ts';
import { publicKeyOf } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import { systemClock } from '../../src/system/clock.ts';
import { anLlmTask } from '../fakes/builders.ts';
import { releaseServer } from '../fakes/release/release-server.ts';
import { storedXz } from '../fakes/release/stored-xz.ts';
import { smallSystemd } from '../fakes/service/small-systemd.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { isAlive } from '../../src/system/process/alive.ts';
import { tempFolder } from '../fakes/system/temp-folder.ts';
import { PATIENCE_MS } from '../flow/wait-for.ts';
import { contentsOf } from '../install/machine.ts';
import { LINUX, needs } from '../needs.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { builtReleases, NEW, OLD, scripted, signingKey } from './update-scene.ts';

const BROKEN = '0.8.0';
const target = targetOf(undefined);

/** An empty home, a server of releases, a studio, and a service manager that starts what it is told to. */
async function setup() {
  const programs = await builtReleases();
  const key = await signingKey();
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const server = stack.use(releaseServer());
  const studio = stack.use(await fakeStudio({ clock: systemClock, patienceMs: PATIENCE_MS }));
  const systemd = stack.use(await smallSystemd(folder.at('system')));
  const home = folder.at('home');
  await mkdir(home);
  const env = { HOME: home, PATH: `${systemd.folder}:${join(home, '.local/bin')}:/usr/bin:/bin`, LANG: 'C.UTF-8' };
  const keys = [{ use: 'test', publicKey: publicKeyOf(key) }];
  const script = Buffer.from(installerWith(keys, await readFile('install/install.sh', 'utf8')));

  async function shell(line: string) {
    const child = Bun.spawn(['sh', '-c', line], { env, cwd: home, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, out, err };
  }

  async function publish(version: string, executable: string): Promise<void> {
    const archive = storedXz(tarOf(await filesOfArchive(target, executable, version), { withFolders: true }));
    server.publish({
      version,
      signedBy: key,
      files: [
        { name: target.archive, kind: 'worker', target: target.triple, bytes: archive },
        { name: 'studio-worker-installer.sh', kind: 'installer', target: 'any', bytes: script },
      ],
    });
  }

  /** A version that passes its self-test and serves nobody. */
  async function publishBroken(): Promise<void> {
    const path = folder.at('broken');
    await writeFile(path, scripted('echo "cannot find module" >&2; exit 3', BROKEN), { mode: 0o755 });
    await writeFile(folder.at('NOTICE'), 'none\n');
    await publish(BROKEN, path);
  }

  return {
    ...programs,
    home,
    server,
    studio,
    systemd,
    shell,
    publish,
    publishBroken,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

needs(LINUX, 'xz')(
  'a machine is set up by one line, serves, moves on, turns a broken version down and is left as it was',
  async () => {
    await using it = await setup();
    const { server, shell, studio } = it;
    await writeFile(join(it.home, '.profile'), 'umask 022\n');
    const before = await contentsOf(it.home);
    const job = async () => (await studio.jobIs((await studio.createJob(anLlmTask())).id, 'completed')).state;

    await it.publish(OLD, it.old);
    const line = `curl -fsS ${server.base}/latest/download/studio-worker-installer.sh | STUDIO_WORKER_BASE_URL=${server.base} sh`;
    expect(await shell(line)).toMatchObject({ code: 0, err: '' });
    expect(await shell(`studio-worker config set auto_update_feed ${server.feed}`)).toMatchObject({ code: 0 });
    expect(await shell(`studio-worker setup --headless --api-base-url ${studio.url}`)).toMatchObject({
      code: 0,
      err: '',
    });
    await studio.approve().catch(async (thrown) => {
      console.log(await it.systemd.output());
      throw thrown;
    });
    expect(await job()).toBe('completed');
    const pid = (await it.systemd.pid()) ?? 0;

    await it.publish(NEW, it.fresh);
    expect(await shell('studio-worker update')).toMatchObject({ code: 0, out: `updated: ${OLD} -> ${NEW}\n` });
    const status = JSON.parse((await shell('studio-worker status --json')).out) as { worker: Record<string, unknown> };
    expect(status.worker).toMatchObject({ pid, version: NEW });
    expect(await job()).toBe('completed');

    await it.publishBroken();
    expect(await shell('studio-worker update')).toMatchObject({ code: 1 });
    expect((await shell('studio-worker --version')).out).toBe(`studio-worker ${NEW}\n`);
    expect(await shell('studio-worker update')).toMatchObject({ code: 0, out: `up to date: ${NEW}\n` });
    expect(await job()).toBe('completed');

    expect(await shell('studio-worker uninstall --purge --yes')).toMatchObject({ code: 0, err: '' });
    expect(isAlive(pid)).toBe(false);
    const after = await contentsOf(it.home);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after).toEqual(before);
  },
  BUILD_LIMIT_MS,
);
