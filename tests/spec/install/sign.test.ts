import { expect, test } from 'bun:test';
import { mkdir, stat, symlink } from 'node:fs/promises';
import manifest from '../../../dist-manifest.json';
import { bakedPlugin } from '../../../install/baked.ts';
import { keygen } from '../../../install/keygen.ts';
import { formatSecretKey, generateSecretKey, parseSecretKey, publicKeyOf } from '../../../install/sign.ts';
import { parsePublicKey } from '../../../src/release/minisign.ts';
import { POSIX, needs } from '../../needs.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

test('two signing keys are built in, each with its own use and id', () => {
  const blobs = manifest.signingKeys.map(({ publicKey }) => parsePublicKey(publicKey));
  expect(manifest.signingKeys.map(({ use }) => use)).toEqual(['daily', 'offline']);
  expect(new Set(blobs.map((blob) => blob?.keyId)).size).toBe(2);
  expect(new Set(blobs.map((blob) => blob?.rest.toHex())).size).toBe(2);
});

test('a secret key is read as it was written, with a password and without', () => {
  const key = generateSecretKey();
  expect(publicKeyOf(parseSecretKey(formatSecretKey(key)))).toBe(publicKeyOf(key));
  const encrypted = formatSecretKey(key, 'pass');
  expect(publicKeyOf(parseSecretKey(encrypted, 'pass'))).toBe(publicKeyOf(key));
  expect(() => parseSecretKey(encrypted, 'Pass')).toThrow('the password is wrong');
  expect(() => parseSecretKey(encrypted)).toThrow('it needs a password');
  expect(encrypted).not.toContain(Buffer.from(key.seed).toString('base64').slice(2, 40));
});

test.each(['', 'x\ny\n', `untrusted comment: public\n${publicKeyOf(generateSecretKey())}\n`])(
  'a text that is no secret key is refused: %j',
  (text) => expect(() => parseSecretKey(text)).toThrow('it is no secret key of minisign'),
);

test('a secret key whose public half was changed is refused', () => {
  const [comment, blob = ''] = formatSecretKey(generateSecretKey()).split('\n');
  const bytes = Buffer.from(blob, 'base64');
  bytes[100]! ^= 1;
  expect(() => parseSecretKey(`${comment}\n${bytes.toString('base64')}\n`)).toThrow(
    'its halves do not belong together',
  );
});

test('a key pair is two files, and only its owner reads the secret', async () => {
  await using folder = await tempFolder();
  const publicKey = keygen({ use: 'daily', folder: folder.at('keys') });
  const secret = folder.at('keys/studio-worker-daily.key');
  expect(publicKeyOf(parseSecretKey(await Bun.file(secret).text()))).toBe(publicKey);
  expect(await Bun.file(folder.at('keys/studio-worker-daily.pub')).text()).toContain(`\n${publicKey}\n`);
  if (process.platform !== 'win32') expect((await stat(secret)).mode & 0o777).toBe(0o600);
  expect(() => keygen({ use: 'daily', folder: folder.at('keys') })).toThrow('exists already');
  expect(publicKeyOf(parseSecretKey(await Bun.file(secret).text()))).toBe(publicKey);
});

test('a pair is never made in a repository, however deep', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('repo/.git'), { recursive: true });
  for (const path of ['dist', '.', 'tests/new/folder', folder.at('repo/keys')]) {
    expect(() => keygen({ use: 'daily', folder: path })).toThrow('is in the repository');
  }
  expect(await Bun.file('dist/studio-worker-daily.key').exists()).toBe(false);
});

needs(POSIX)('nor through a link that leads into one', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('repo/.git'), { recursive: true });
  await mkdir(folder.at('repo/keys'));
  await symlink(folder.at('repo/keys'), folder.at('link'));
  for (const path of ['link', 'link/new']) {
    expect(() => keygen({ use: 'daily', folder: folder.at(path) })).toThrow('is in the repository');
  }
});

test('a build can carry another version, other keys and another origin', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('other.json'), '{"signingKeys": [{"use": "test", "publicKey": "RWtest"}], "targets": []}');
  await Bun.write(
    folder.at('entry.ts'),
    `import { origin } from ${JSON.stringify(`${process.cwd()}/src/base/build/origin.ts`)};
import { VERSION, USER_AGENT } from ${JSON.stringify(`${process.cwd()}/src/base/version.ts`)};
import manifest from ${JSON.stringify(`${process.cwd()}/dist-manifest.json`)};
console.log(origin.commit, VERSION, USER_AGENT, JSON.stringify(manifest));`,
  );
  const plugins = [
    bakedPlugin({ origin: { commit: 'c0ffee' }, version: '9.9.9-rc.1', distManifest: folder.at('other.json') }),
  ];
  const built = await Bun.build({
    entrypoints: [folder.at('entry.ts')],
    target: 'bun',
    outdir: folder.at('out'),
    plugins,
  });
  expect(built.success).toBe(true);
  const said = Bun.spawnSync([process.execPath, folder.at('out/entry.js')]).stdout.toString();
  const carried = '{"signingKeys":[{"use":"test","publicKey":"RWtest"}],"targets":[]}';
  expect(said).toBe(`c0ffee 9.9.9-rc.1 studio-worker/9.9.9-rc.1 ${carried}\n`);
});
