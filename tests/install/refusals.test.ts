import { describe, expect, test } from 'bun:test';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Condition, LINUX, needs } from '../needs.ts';
import type { Ended } from '../fakes/run-main.ts';
import { contentsOf } from './machine.ts';
import { type Refusal, REFUSALS } from './refusals.ts';
import { commandOf, setup, type Setup } from './setup.ts';

const SHELLS = ['dash', 'bash', 'busybox', 'zsh', 'ksh', 'mksh'];
const NOBODY = 65_534;
const ROOT: Condition = { kind: 'permission', name: 'root', isMet: () => process.getuid?.() === 0 };

/** Those of Linux, by what the machine has and has not. */
const ON_LINUX: readonly Refusal[] = [
  {
    because: 'the machine has neither curl nor wget',
    says: /curl or wget is needed/,
    arrange: async ({ machine }) => {
      await machine.without('curl', 'wget');
      return [];
    },
  },
  {
    because: 'nothing on the machine computes a SHA-256',
    says: /nothing here can compute a SHA-256: install sha256sum/,
    arrange: async ({ machine, release }) => {
      await release();
      await machine.without('sha256sum', 'shasum', 'openssl');
      return [];
    },
  },
  {
    because: 'the SHA-256 tool fails',
    says: /is not the file that the manifest names/,
    arrange: async ({ machine, release }) => {
      await release();
      await machine.replace('sha256sum', 'exit 1');
      return [];
    },
  },
  {
    because: 'nothing on the machine reads the archive',
    says: /cannot unpack .*, which takes xz \(xz-utils\)/,
    arrange: async ({ machine, release }) => {
      await release();
      await machine.without('xz');
      return [];
    },
  },
  {
    because: 'the processor is another one',
    says: /no studio-worker for this processor \(armv7l\)/,
    arrange: async ({ machine }) => {
      await machine.replace('uname', '[ "$1" = -m ] && echo armv7l || echo Linux');
      return [];
    },
  },
  {
    because: 'the system is another one',
    says: /no studio-worker for FreeBSD/,
    arrange: async ({ machine }) => {
      await machine.replace('uname', '[ "$1" = -m ] && echo x86_64 || echo FreeBSD');
      return [];
    },
  },
  {
    because: 'the C library is musl, for which there is no archive',
    says: /not available for x86_64-unknown-linux-musl \(this system has the C library musl\)/,
    arrange: async ({ machine, release }) => {
      await release();
      await machine.replace('getconf', 'echo "getconf: GNU_LIBC_VERSION: unknown variable" >&2; exit 1');
      return [];
    },
  },
  {
    because: 'the C library is older than the native libraries need',
    says: /glibc is 2\.9; studio-worker needs 2\.34 or later \(Debian 12/,
    arrange: async ({ machine }) => {
      await machine.replace('getconf', '[ "$1" = LONG_BIT ] && echo 64 || echo glibc 2.9');
      return [];
    },
  },
  {
    because: 'a 32-bit system runs on a 64-bit processor',
    says: /32-bit system/,
    arrange: async ({ machine }) => {
      await machine.replace('getconf', '[ "$1" = LONG_BIT ] && echo 32 || echo glibc 2.36');
      return [];
    },
  },
  {
    because: 'the folder for programs is a file',
    says: /set STUDIO_WORKER_INSTALL_DIR to a folder of yours/,
    arrange: async ({ machine, release }) => {
      await release();
      await writeFile(join(machine.home, '.local'), '');
      return [];
    },
  },
  {
    because: 'a value is missing behind an option',
    says: /--version needs a value/,
    arrange: async () => ['--version'],
  },
];

for (const shell of SHELLS) {
  describe(shell, () => {
    for (const refusal of [...REFUSALS, ...ON_LINUX]) {
      needs(LINUX, shell)(`installs nothing where ${refusal.because}`, async () => {
        await using it = await setup({ userland: shell === 'busybox' ? 'busybox' : 'debian' });
        // Busybox has nothing to verify a signature with, so the rest of its machine has.
        if (shell === 'busybox') await it.machine.add('minisign');
        const args = await refusal.arrange(it);
        const before = await contentsOf(it.machine.home);
        await refuses(it, refusal.says, await it.install(shell, ...args));
        expect(await contentsOf(it.machine.home)).toEqual(before);
      });
    }
  });
}

/** It failed for that reason, and left nothing among the temporary files either. */
async function refuses({ machine }: Setup, says: RegExp, { code, err, out }: Ended): Promise<void> {
  expect({ code, err: says.test(err) ? says.source : err + out }).toEqual({ code: 1, err: says.source });
  expect((await readdir(machine.folder)).filter((name) => name.startsWith('studio-worker-install.'))).toEqual([]);
}

for (const [how, HOME] of [
  ['is not set', undefined],
  ['is empty', ''],
  ['is no folder', '/nowhere/at/all'],
] as const) {
  test(`installs nothing where HOME ${how}`, async () => {
    await using it = await setup();
    const ended = await it.machine.run(['sh', it.script, '--base-url', it.server.url], { env: { HOME } });
    await refuses(it, /HOME is/, ended);
  });
}

test('installs nothing into a folder that is named by a relative path', async () => {
  await using it = await setup();
  const env = { STUDIO_WORKER_INSTALL_DIR: 'bin' };
  const ended = await it.machine.run(['sh', it.script, '--base-url', it.server.url], { env });
  await refuses(it, /must be a full path, not bin/, ended);
});

needs(ROOT)('a root shell in the home of somebody else installs nothing there', async () => {
  await using it = await setup();
  await chown(it.machine.home, NOBODY, NOBODY);
  await it.release();
  await refuses(it, /belongs to another account; run this without sudo/, await it.install('dash'));
  expect(await contentsOf(it.machine.home)).toEqual({});
});

needs('setpriv', ROOT)('installs nothing into a folder that this account may not write', async () => {
  await using it = await setup();
  const folder = join(it.machine.folder, 'programs of root');
  await mkdir(folder, { mode: 0o755 });
  await chown(it.machine.home, NOBODY, NOBODY);
  const as = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const env = { STUDIO_WORKER_INSTALL_DIR: folder };
  const ended = await it.machine.run([...as, 'sh', it.script, '--base-url', it.server.url], { env });
  await refuses(it, /cannot write to .*; set STUDIO_WORKER_INSTALL_DIR to a folder of yours/, ended);
});

for (const shell of SHELLS) {
  needs(
    LINUX,
    shell,
    'prlimit',
  )(`${shell} leaves nothing where no file may grow as large as the archive`, async () => {
    await using it = await setup();
    await it.release({ paddingBytes: 400_000 });
    const limited = ['prlimit', '--fsize=200000', ...commandOf(shell), it.script, '--base-url', it.server.url];
    const { code } = await it.machine.run(limited);
    expect(code).not.toBe(0);
    expect(await contentsOf(it.machine.home)).toEqual({});
  });
}

needs(
  LINUX,
  ROOT,
  'unshare',
)('a full disk leaves nothing behind, and says so', async () => {
  await using it = await setup();
  await it.release({ paddingBytes: 3_000_000 });
  const full = join(it.machine.folder, 'small disk');
  await mkdir(full);
  // A mount in a namespace of its own: it is gone with the process.
  const script = `mount -t tmpfs -o size=2m tmpfs "$1" && HOME=$1 && "$2" "$3" --base-url "$4"; code=$?; ls -A "$1"; exit $code`;
  const { code, out, err } = await it.machine.run(
    ['unshare', '--mount', 'sh', '-c', script, 'sh', full, 'dash', it.script, it.server.url],
    { env: { PATH: `${it.machine.programs}:${process.env['PATH']}` } },
  );
  expect({ code, out }).toEqual({
    code: 1,
    out: 'studio-worker 0.6.0 for x86_64-unknown-linux-gnu\n  signature  good, by minisign\n',
  });
  expect(err).toContain('cannot download');
  await chmod(full, 0o755);
});
