import { afterAll, beforeAll, expect } from 'bun:test';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipOf } from '../../install/archive/zip.ts';
import { VERSION } from '../../src/base/version.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { releaseServer } from '../fakes/release/release-server.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { builtReleases, NEW, OLD, signingKey } from './update-scene.ts';
import { hasWine, ONLY_REMOVAL, onWine, type OnWine, WINDOWS, wine } from './wine.ts';

/** Wine and a busy machine. */
const LIMIT_MS = 180_000;
let windows: OnWine;

beforeAll(async () => {
  if (hasWine) windows = await wine();
}, BUILD_LIMIT_MS);
afterAll(async () => {
  if (hasWine) await windows[Symbol.asyncDispose]();
}, LIMIT_MS);

onWine(
  'the Windows executable says its version and passes its self-test',
  async () => {
    expect(await windows.run(['--version'])).toMatchObject({ code: 0, stdout: `studio-worker ${VERSION}\n` });
    expect(await windows.run(['--self-test'])).toMatchObject({ code: 0 });
  },
  LIMIT_MS,
);

onWine(
  'the Windows executable keeps its config where Windows has it',
  async () => {
    expect(await windows.run(['set-threshold', '8'])).toMatchObject({ code: 0, stdout: 'vram_threshold_gb = 8\n' });
    const { code, stdout } = await windows.run(['config']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^vram_threshold_gb = 8\.0$/m) });
    const [, path = ''] = /^# C:\\(.*\.toml)$/m.exec(stdout) ?? [];
    expect(path).toContain(String.raw`AppData\Roaming`);
    expect(await readFile(join(windows.drive, ...path.split('\\')), 'utf8')).toContain('vram_threshold_gb = 8');
  },
  LIMIT_MS,
);

onWine(
  'the Windows executable plays the demonstration, each kind with its result',
  async () => {
    const { stdout, stderr, code } = await windows.run(['demo']);
    expect([code, stderr]).toEqual([0, expect.stringMatching(ONLY_REMOVAL)]);
    expect(stdout).toContain(String.raw`.\studio-worker-demo\image.webp`);
    for (const kind of ['image', 'llm', 'audio_stt', 'audio_tts', 'video', 'mesh']) {
      expect(stdout).toMatch(new RegExp(`^${kind} +synthetic-`, 'm'));
    }
    const results = ['image.webp', 'audio_tts.wav', 'video.webp', 'mesh.glb'];
    expect(results.filter((name) => !existsSync(join(windows.drive, 'studio-worker-demo', name)))).toEqual([]);
  },
  LIMIT_MS,
);

onWine(
  'the Windows executable runs four real engines, in children of its own',
  async () => {
    const { stdout, stderr, code } = await windows.run(['demo', '--real', '--out', 'real']);
    expect([code, stderr]).toEqual([0, expect.any(String)]); // Wine removes no file of a download, see ONLY_REMOVAL
    expect(stdout).toMatch(/^llm +llama-cpp +cpu .*Hello from a (tiny|small) model here$/m);
    expect(stdout).toMatch(/^image +onnx +cpu /m);
    expect(stdout).toMatch(/^audio_tts +piper +cpu /m);
    expect(stdout).toMatch(/^audio_stt +whisper-cpp +cpu .*fox crosses the ice/m);
  },
  LIMIT_MS,
);

onWine(
  'a model’s name can reach neither programs nor devices on Windows',
  async () => {
    using host = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('no program of ours') });
    const bin = join(windows.drive, 'models', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'sd-cli.exe'), 'the program');
    await writeFile(join(windows.drive, 'names.toml'), 'models_root = "C:/models"\nvram_threshold_gb = 8.0\n');
    const pull = async (id: string, filename: string) => {
      const files = [{ role: 'model', url: host.url.href, filename }];
      const source = { ...synthetic, engine: 'onnx', files };
      await writeFile(join(windows.drive, 'draft.json'), JSON.stringify({ id, source }));
      return await windows.run(['models', 'pull', String.raw`C:\draft.json`, '--config', String.raw`C:\names.toml`]);
    };
    for (const id of ['bin.', 'BIN', 'bin...']) expect(await pull(id, 'sd-cli.exe')).toMatchObject({ code: 0 });
    for (const name of ['aux.bin', 'LPT¹', 'sd-cli.exe.', 'a:b'])
      expect(await pull('m', name)).toMatchObject({ code: 65 });
    expect(await readFile(join(bin, 'sd-cli.exe'), 'utf8')).toBe('the program');
    expect((await readdir(join(windows.drive, 'models'))).toSorted()).toEqual(['bin', 'bin_', 'bin___']);
  },
  LIMIT_MS,
);

onWine(
  'the Windows executable serves a studio’s job and stops on request',
  async () => {
    await using studio = await fakeStudio({ patienceMs: LIMIT_MS });
    const { workerId, authToken, apiBaseUrl } = await studio.enrol();
    const lines = { api_base_url: apiBaseUrl, worker_id: workerId, auth_token: authToken };
    const toml = Object.entries(lines).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    await mkdir(join(windows.drive, 'worker'));
    await writeFile(join(windows.drive, 'worker', 'config.toml'), `vram_threshold_gb = 12.0\n${toml.join('')}`);
    const worker = windows.start(['run', '--config', String.raw`C:\worker\config.toml`]);
    const task = aTask({ kind: 'image', prompt: 'a golem' });
    const { id } = await studio.createJob(task, { model: 'synthetic', modelSource: synthetic });
    expect(await studio.jobIs(id, 'completed')).toMatchObject({ state: 'completed' });
    worker.kill('SIGINT'); // which Wine hands on as Ctrl-C
    expect(await worker.exited).toBe(0);
  },
  LIMIT_MS,
);

onWine(
  'the Windows executable rolls back to the kept version and forward again',
  async () => {
    const kept = join(windows.folder, 'studio-worker.previous'); // the name that both installers and the updater give it
    await copyFile(join(windows.folder, 'studio-worker.exe'), kept);
    expect(await windows.run(['update', '--rollback'])).toMatchObject({
      code: 0,
      stdout: `updated: ${VERSION} -> ${VERSION}\n`,
    });
    const names = (await readdir(windows.folder)).filter((name) => name.startsWith('studio-worker'));
    expect(names.toSorted()).toEqual(['studio-worker.exe', 'studio-worker.replaced']);
    expect(await windows.run(['--version'])).toMatchObject({ code: 0, stdout: `studio-worker ${VERSION}\n` });
    expect(await windows.run(['update', '--rollback'])).toMatchObject({ code: 69, stdout: '' });
  },
  LIMIT_MS,
);

onWine(
  'the Windows executable replaces itself by a release while it runs, and goes back',
  async () => {
    const { old, fresh } = await builtReleases(WINDOWS);
    await using server = releaseServer();
    const archive = `studio-worker-${WINDOWS}`;
    const contents = new Map([[`${archive}/studio-worker.exe`, { bytes: await readFile(fresh) }]]);
    const bytes = zipOf(contents);
    const files = [{ name: `${archive}.zip`, kind: 'worker', target: WINDOWS, bytes }] as const;
    server.publish({ version: NEW, signedBy: await signingKey(), files });
    await using it = await wine({ executable: old });
    await mkdir(join(it.drive, 'installed'));
    await writeFile(join(it.drive, 'installed', 'config.toml'), `auto_update_feed = "${server.feed}"\n`);
    const update = (...more: readonly string[]) =>
      it.run(['update', '--config', String.raw`C:\installed\config.toml`, ...more]);
    expect(await update()).toMatchObject({ code: 0, stdout: `updated: ${OLD} -> ${NEW}\n` });
    expect(await it.run(['--version'])).toMatchObject({ stdout: `studio-worker ${NEW}\n` });
    expect(await update('--rollback')).toMatchObject({ code: 0, stdout: `updated: ${NEW} -> ${OLD}\n` });
    expect(await it.run(['--version'])).toMatchObject({ stdout: `studio-worker ${OLD}\n` });
    expect(await update()).toMatchObject({ code: 0, stdout: `up to date: ${OLD}\n` });
  },
  BUILD_LIMIT_MS,
);
