import { expect, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import manifest from '../../../../dist-manifest.json';
import type { LoadOptions } from '../../../../src/engines/load-options.ts';
import { createInputFetcher } from '../../../../src/engines/media/inputs.ts';
import { archiveFor } from '../../../../src/engines/sd-cpp/program/provision.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { fileServer } from '../../../fakes/models/file-server.ts';
import { installSdCli } from '../../../fakes/engines/sd-cpp/sd-cli-program.ts';
import { sdCppScene } from '../../../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { aRemote } from '../../../fakes/system/a-remote.ts';
import { makeZip } from '../../../fakes/system/zip.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { READY } from '../../../../src/engines/readiness.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const RELEASE = 'master-920-2f88688';
const ASSET = 'sd-master-2f88688-bin-Linux-Ubuntu-24.04-x86_64-vulkan.zip';
const ARCHIVE = makeZip({
  'build/bin/sd-cli': { text: 'the program', mode: 0o100_644 },
  'build/lib/libstable-diffusion.so': { text: 'the library', mode: 0o100_755 },
});
const pinOf = (archive: Uint8Array): string => sha256(archive).toHex();

/** An engine on a machine without sd-cli, and a server that publishes an archive of it. */
async function setup(archive = ARCHIVE, pins: Readonly<Record<string, string>> = { [ASSET]: pinOf(archive) }) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(fileServer({ [`${RELEASE}/${ASSET}`]: archive }));
  const scene = stack.use(sdCppScene({ fetchInput: createInputFetcher(aRemote()), pins, archiveBase: server.url('') }));
  const { engine, log } = scene;
  return {
    engine,
    server,
    log,
    folder: scene,
    load: (how: LoadOptions = USUAL) => engine.load(scene.files, new AbortController().signal, how),
    installed: () => systemFiles.list(scene.at('models/bin')),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('a pinned archive is fetched once, checked and laid out flat', async () => {
  await using scene = await setup();
  expect(await scene.engine.readiness()).toEqual(READY);
  expect(scene.server.asked).toEqual([]);
  await scene.load();
  await scene.load();
  expect(scene.server.asked).toEqual([`${RELEASE}/${ASSET}`]);
  expect(await scene.installed()).toEqual(['.sd-cli-release', 'libstable-diffusion.so', 'sd-cli']);
  const marker = readFileSync(scene.folder.at('models/bin/.sd-cli-release'), 'utf8');
  expect(marker).toBe(`${scene.server.url('')}${RELEASE}/${ASSET}\n`);
});

test('what is loaded for nobody uses a program that is here, and fetches none', async () => {
  await using scene = await setup();
  const how = { lean: false, mayFetch: false, device: undefined };
  expect(await failureOf(scene.load(how))).toMatchObject({ code: 'engine.unavailable' });
  expect([scene.server.asked, await scene.installed()]).toEqual([[], []]);
  await scene.load();
  await scene.load(how);
  expect(scene.server.asked).toHaveLength(1);
});

test('an archive with another checksum is rejected, and nothing of it stays', async () => {
  await using scene = await setup(ARCHIVE, { [ASSET]: '0'.repeat(64) });
  const message = expect.stringContaining(`has the SHA-256 ${pinOf(ARCHIVE)} instead of 000000`);
  expect(await failureOf(scene.load())).toMatchObject({ code: 'native.unavailable', message });
  expect(await scene.installed()).toEqual([]);
});

test('an archive without a checksum is not even asked for', async () => {
  await using scene = await setup(ARCHIVE, {});
  expect(await scene.engine.readiness()).toMatchObject({ ready: false });
  expect(await failureOf(scene.load())).toMatchObject({ code: 'engine.unavailable' });
  expect(scene.server.asked).toEqual([]);
});

test('an archive without the program, or that is none, installs nothing', async () => {
  for (const archive of [makeZip({ 'readme.txt': { text: 'hello' } }), new Uint8Array(100)]) {
    await using scene = await setup(archive);
    expect(await failureOf(scene.load())).toMatchObject({ code: 'native.unavailable' });
    expect(await scene.installed()).toEqual([]);
  }
});

test('the server that an archive brings may be run as well', async () => {
  const archive = makeZip({ 'bin/sd-cli': { text: 'the program' }, 'bin/sd-server': { text: 'not a program' } });
  await using scene = await setup(archive);
  await failureOf(scene.load());
  expect(statSync(scene.folder.at('models/bin/sd-server')).mode & 0o777).toBe(0o755);
});

test('a program of an earlier release is replaced, and kept where that fails', async () => {
  await using scene = await setup();
  await installSdCli(scene.folder.at('models/bin/sd-cli'));
  await scene.load();
  expect(readFileSync(scene.folder.at('models/bin/sd-cli'), 'utf8')).toBe('the program');

  await using offline = await setup();
  await installSdCli(offline.folder.at('models/bin/sd-cli'));
  offline.server.files.clear();
  await offline.load();
  await offline.load(); // asks nobody again: it would make each job wait
  expect(offline.log.events.map(({ event }) => event)).toEqual(['sd-cli.fetching', 'sd-cli.other-release']);
});

test('archives are named as they are published for each system', () => {
  const urlOf = (platform: NodeJS.Platform, arch: string) => archiveFor({ environment: { platform, arch } })?.url;
  const upstream = `https://github.com/leejet/stable-diffusion.cpp/releases/download/${RELEASE}`;
  expect(urlOf('linux', 'x64')).toBe(`${upstream}/${ASSET}`);
  expect(urlOf('win32', 'x64')).toBe(`${upstream}/sd-master-2f88688-bin-win-vulkan-x64.zip`);
  expect(urlOf('darwin', 'x64')).toBe(`${upstream}/sd-master-2f88688-bin-Darwin-macOS-26.6.2-arm64.zip`);
  expect(urlOf('linux', 'arm64')).toBe(
    `https://github.com/webbertakken/studio-worker/releases/download/sdcpp-prebuilt-${RELEASE}/sd-master-2f88688-bin-Linux-aarch64-vulkan.zip`,
  );
  expect(urlOf('freebsd', 'x64')).toBeUndefined();
});

test('every checksum of the manifest is a SHA-256 of an archive by its name', () => {
  for (const [asset, pin] of Object.entries(manifest.sdCliSha256)) {
    expect(asset).toStartWith('sd-master-2f88688-bin-');
    expect(pin).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(Object.keys(manifest)).toContain('sdCliSha256');
});
