import { describe, expect } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSecretKey, signMinisign } from '../../install/sign.ts';
import { LINUX, needs } from '../needs.ts';
import { contentsOf } from './machine.ts';
import { TEST_KEY } from './release.ts';
import { setup, type Setup } from './setup.ts';

/** Each program that downloads, on a machine that has no other. */
const FETCHERS = [
  { name: 'curl', userland: 'debian', shell: 'dash', without: ['wget'] },
  { name: 'wget', userland: 'debian', shell: 'dash', without: ['curl'] },
  { name: "busybox's wget", userland: 'busybox', shell: 'busybox', without: ['curl'] },
] as const;

for (const { name, userland, shell, without } of FETCHERS) {
  describe(name, () => {
    const test = needs(LINUX, 'curl', 'wget', 'busybox');

    async function aMachine(): Promise<Setup> {
      const it = await setup({ userland });
      await it.machine.without(...without);
      return it;
    }

    test('resumes a download where the connection broke', async () => {
      await using it = await aMachine();
      const { archive } = await it.release({ paddingBytes: 300_000 });
      it.server.spoil(archive, { does: 'break', afterBytes: 100_000 }, { does: 'break', afterBytes: 100_000 });
      expect(await it.install(shell)).toMatchObject({ code: 0, err: '' });
      expect(it.server.requests.slice(2)).toEqual([archive, `${archive} from 100000`, `${archive} from 200000`]);
    });

    test('restarts where the server cannot resume', async () => {
      await using it = await aMachine();
      const { archive } = await it.release({ paddingBytes: 300_000 });
      it.server.spoil(archive, { does: 'break', afterBytes: 100_000 });
      it.server.withoutRanges();
      expect(await it.install(shell)).toMatchObject({ code: 0, err: '' });
    });

    test('retries a server that fails for a moment', async () => {
      await using it = await aMachine();
      await it.release();
      it.server.spoil('dist-manifest.json', { does: 'fail', status: 503 }, { does: 'fail', status: 502 });
      expect(await it.install(shell)).toMatchObject({ code: 0, err: '' });
    });

    test('asks once for what does not exist', async () => {
      await using it = await aMachine();
      expect((await it.install(shell)).err).toContain('404');
      expect(it.server.requests).toEqual(['dist-manifest.json']);
    });

    test('gives up after the third break, and leaves nothing', async () => {
      await using it = await aMachine();
      const { archive } = await it.release({ paddingBytes: 300_000 });
      it.server.spoil(archive, ...Array.from({ length: 4 }, () => ({ does: 'break', afterBytes: 50_000 }) as const));
      const { code, err } = await it.install(shell);
      expect({ code, err: err.slice(0, 22) }).toEqual({ code: 1, err: 'error: cannot download' });
      expect(it.server.requests.filter((file) => file.startsWith(archive))).toHaveLength(3);
      expect(await contentsOf(it.machine.home)).toEqual({});
    });
  });
}

/** What each program that can verify says, on a machine that has no other. */
const VERIFIERS = [
  { name: 'minisign', without: ['openssl'] },
  { name: 'openssl', without: ['minisign'] },
] as const;

for (const { name, without } of VERIFIERS) {
  describe(name, () => {
    const test = needs(LINUX, 'minisign', 'openssl');

    async function answerTo(spoil: (text: string, signature: string) => readonly [string, string]): Promise<string> {
      await using it = await setup();
      await it.machine.without(...without);
      const { folder } = await it.release();
      const [manifest, signature] = [join(folder, 'dist-manifest.json'), join(folder, 'dist-manifest.json.minisig')];
      const [text, signed] = spoil(await readFile(manifest, 'utf8'), await readFile(signature, 'utf8'));
      await Promise.all([writeFile(manifest, text), writeFile(signature, signed)]);
      const { code, out, err } = await it.install('dash');
      return code === 0 ? out : err;
    }

    test('verifies the signature of a release', async () => {
      expect(await answerTo((text, signature) => [text, signature])).toContain(`  signature  good, by ${name}\n`);
    });

    test('rejects a manifest that differs by one character', async () => {
      const answer = await answerTo((text, signature) => [
        text.replace('"minFrom": "0.1.0"', '"minFrom": "0.1.1"'),
        signature,
      ]);
      expect(answer).toContain('is not by the project');
    });

    test('rejects a signature by another key', async () => {
      const answer = await answerTo((text) => [text, signMinisign(Buffer.from(text), generateSecretKey(), 'forged')]);
      expect(answer).toContain('is not by the project');
    });

    test('rejects a signature of another text', async () => {
      const answer = await answerTo((text) => [text, signMinisign(Buffer.from(`${text}\n`), TEST_KEY, 'another')]);
      expect(answer).toContain('is not by the project');
    });

    test('rejects a file that is no signature', async () => {
      expect(await answerTo((text) => [text, 'no such file\n'])).toContain('is not by the project');
    });
  });
}

needs(LINUX)('a machine that cannot verify signatures says so', async () => {
  await using it = await setup();
  await it.machine.without('minisign', 'openssl');
  await it.release();
  expect((await it.install('sh')).out).toContain(
    '  signature  verified only by the new program itself, for want of minisign or OpenSSL 3\n',
  );
});

needs(LINUX, 'openssl')('an OpenSSL that cannot verify Ed25519 counts as none', async () => {
  await using it = await setup();
  await it.machine.without('minisign');
  await it.machine.replace('openssl', 'echo "unknown option" >&2; exit 1');
  await it.release();
  expect((await it.install('sh')).out).toContain('verified only by the new program itself');
});

for (const tool of ['shasum', 'openssl']) {
  needs(LINUX, tool)(`the SHA-256 is computed by ${tool} where there is no sha256sum`, async () => {
    await using it = await setup();
    await it.machine.without('sha256sum', ...['shasum', 'openssl'].filter((other) => other !== tool));
    await it.machine.add('perl');
    await it.release();
    expect(await it.install('sh')).toMatchObject({ code: 0, err: '' });
  });
}

needs(LINUX, 'script')('a terminal sees a progress bar, and a pipe does not', async () => {
  await using it = await setup();
  await it.release();
  const command = `sh '${it.script}' --base-url ${it.server.url}`;
  const { out } = await it.machine.run(['script', '-qec', command, '/dev/null'], {
    env: { PATH: `${it.machine.programs}:${process.env['PATH']}`, TERM: 'xterm' },
  });
  expect(out).toMatch(/#+ +100\.0%/);
  expect((await it.install('sh')).err).toBe('');
});
