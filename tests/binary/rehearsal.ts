import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tarOf } from '../../install/archive/tar.ts';
import { contentsOf as filesOfArchive } from '../../install/contents.ts';
import { installerWith } from '../../install/installers.ts';
import { publicKeyOf } from '../../install/sign.ts';
import { targetOf } from '../../install/targets.ts';
import { systemClock } from '../../src/system/clock.ts';
import { releaseServer } from '../fakes/release/release-server.ts';
import { storedXz } from '../fakes/release/stored-xz.ts';
import { fakeStudio, type FakeStudio } from '../fakes/studio/fake-studio.ts';
import { PATIENCE_MS } from '../flow/wait-for.ts';
import { builtReleases, NEW, OLD, scripted, signingKey } from './update-scene.ts';

const BROKEN = '0.8.0';
const PUBLISH = '/releases/publish/';
const target = targetOf(undefined);

/** A studio and a server of releases on this machine, as `docs/rehearsal.md` has them. */
export interface Rehearsal extends AsyncDisposable {
  readonly studio: FakeStudio;
  /** What a shell that plays it needs to know. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The first version is published; whoever requests `publish/<version>` of the server publishes the others. */
export async function openRehearsal(folder: string): Promise<Rehearsal> {
  const { old, fresh } = await builtReleases();
  const key = await signingKey();
  const keys = [{ use: 'test', publicKey: publicKeyOf(key) }];
  const script = Buffer.from(installerWith(keys, await readFile('install/install.sh', 'utf8')));
  const programs = new Map([
    [OLD, old],
    [NEW, fresh],
    [BROKEN, await brokenIn(folder)],
  ]);
  await using stack = new AsyncDisposableStack();
  const server = stack.use(releaseServer());
  const studio = stack.use(await fakeStudio({ clock: systemClock, patienceMs: PATIENCE_MS }));

  async function publish(version: string): Promise<Response> {
    const program = programs.get(version);
    if (program === undefined) return new Response(`there is no ${version}\n`, { status: 404 });
    const contents = await filesOfArchive(target, program, version);
    const archive = storedXz(tarOf(contents, { withFolders: true }));
    server.publish({
      version,
      signedBy: key,
      files: [
        { name: target.archive, kind: 'worker', target: target.triple, bytes: archive },
        { name: 'studio-worker-installer.sh', kind: 'installer', target: 'any', bytes: script },
      ],
    });
    return new Response(`published ${version}\n`);
  }

  server.intercept = (path) => (path.startsWith(PUBLISH) ? publish(path.slice(PUBLISH.length)) : undefined);
  await publish(OLD);
  const kept = stack.move();
  return {
    studio,
    variables: {
      RELEASES: server.base,
      STUDIO: studio.url,
      STUDIO_WORKER_STUDIO_TOKEN: studio.studio.operatorToken,
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A version that passes its self-test and serves nobody. */
async function brokenIn(folder: string): Promise<string> {
  const path = join(folder, 'broken');
  await writeFile(path, scripted('echo "cannot find module" >&2; exit 3', BROKEN), { mode: 0o755 });
  await writeFile(join(dirname(path), 'NOTICE'), 'none\n');
  return path;
}
