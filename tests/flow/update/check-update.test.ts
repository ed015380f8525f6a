import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { VERSION } from '../../../src/base/version.ts';
import { targetOf } from '../../../install/targets.ts';
import { realEffects } from '../../../src/compose/effects.ts';
import { openUpdates } from '../../../src/compose/update/commands.ts';
import { releaseServer } from '../../fakes/release/release-server.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { command } from '../child.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const FILES = [{ name: 'w.tar.xz', kind: 'worker', target: targetOf(undefined).triple, bytes: new Uint8Array([1]) }];

/** The program with a config that takes unsigned releases from a server on this machine. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(releaseServer());
  const folder = stack.use(await tempFolder());
  const toml = `api_base_url = "https://studio.example/"\nvram_threshold_gb = 12.0\nauto_update_feed = "${server.feed}"\n`;
  await writeFile(folder.at('config.toml'), `${toml}auto_update_allow_unsigned = true\n`);
  return {
    server,
    files: () => readdir(folder.path),
    run: (...argv: string[]) => command(folder.path, 'check-update', ...argv),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('the command finds a newer release on a real server and leaves no trace', async () => {
  await using at = await setup();
  expect(await at.run()).toEqual({ code: 0, out: `up to date: ${VERSION}\n`, err: '' });
  at.server.publish({ version: '99.0.0', files: FILES, signedBy: 'nobody' });
  expect(await at.run()).toEqual({ code: 0, out: `update available: ${VERSION} -> 99.0.0\n`, err: '' });
  expect((await at.files()).filter((name) => !name.startsWith('.'))).toEqual(['config.toml']); // Bun has a cache there
});

test('a release signed by an unknown key is reported and not installed', async () => {
  await using at = await setup();
  at.server.publish({ version: '99.0.0', files: FILES }); // by a key that is not built in
  const { code, out, err } = await at.run();
  expect([code, out]).toEqual([0, `up to date: ${VERSION}\n`]);
  expect(err).toContain('rejecting the release 99.0.0: its manifest is not to be trusted');
});

test('a feed that does not answer well exits with 69', async () => {
  await using at = await setup();
  at.server.intercept = () => new Response('', { status: 500 });
  expect(await at.run('--json')).toMatchObject({
    code: 69,
    out: '',
    err: expect.stringContaining(`feed ${at.server.feed} returned 500 [update.feed-unreadable]`),
  });
});

test('a version is pinned before anything else was done with an installation', async () => {
  await using folder = await tempFolder();
  const updates = await openUpdates(folder.at('new/config.toml'), realEffects());
  await updates.pin('0.6.0');
  expect(await Bun.file(folder.at('new/update-state.json')).json()).toMatchObject({ pinned: '0.6.0' });
});
