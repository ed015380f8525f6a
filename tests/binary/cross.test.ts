import { beforeAll, expect } from 'bun:test';
import { chmod, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VERSION } from '../../src/base/version.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { needs } from '../needs.ts';
import { type Alone, alone, BUILD_LIMIT_MS, builtFor } from './built.ts';
import { serving } from './worker.ts';

const ARM = 'aarch64-unknown-linux-gnu';
/** What `file` says of each, as far as it tells systems and CPUs apart. */
const FORMATS = {
  [ARM]: /ELF 64-bit LSB executable, ARM aarch64/,
  'x86_64-pc-windows-msvc': /PE32\+ executable \(console\) x86-64, for MS Windows/,
  'x86_64-apple-darwin': /Mach-O 64-bit x86_64 executable/,
  'aarch64-apple-darwin': /Mach-O 64-bit arm64 executable/,
} as const;

/** Emulating another CPU is slow. */
const LIMIT_MS = 180_000;
const QEMU = 'qemu-aarch64';
/** The libraries of Debian's cross packages. */
const LIBRARIES = '/usr/aarch64-linux-gnu';
const onArm = needs(QEMU);

beforeAll(async () => {
  if (Bun.which(QEMU) !== null) await builtFor(ARM);
}, BUILD_LIMIT_MS);

/** The executable for the other CPU, started through the emulator. */
async function emulated(): Promise<Alone> {
  const program = await alone(Bun.which('true') ?? '');
  const script = `#!/bin/sh\nexec ${QEMU} -L ${LIBRARIES} '${resolve(await builtFor(ARM))}' "$@"\n`;
  await writeFile(program.path, script);
  await chmod(program.path, 0o755);
  return program;
}

for (const [triple, format] of Object.entries(FORMATS)) {
  needs('file', QEMU)(
    `the executable for ${triple} is one of its system and CPU`,
    async () => {
      const { stdout } = Bun.spawnSync(['file', '--brief', await builtFor(triple)]);
      expect(stdout.toString()).toMatch(format);
    },
    BUILD_LIMIT_MS,
  );
}

onArm(
  'the executable for Linux on ARM says its version and passes its self-test',
  async () => {
    await using program = await emulated();
    expect(await program.run(['--version'])).toEqual({ code: 0, stdout: `studio-worker ${VERSION}\n`, stderr: '' });
    expect(await program.run(['--self-test'])).toMatchObject({ code: 0, stderr: '' });
  },
  LIMIT_MS,
);

onArm(
  // No image: its library is in a child, and an emulated program cannot start itself anew without the kernel's help.
  'the executable for Linux on ARM serves a job and uploads its result',
  async () => {
    await using studio = await fakeStudio({ patienceMs: LIMIT_MS });
    await using program = await emulated();
    await using _worker = await serving(program, studio, { models_root: join(program.home, 'models') });
    const { id } = await studio.createJob(aTask({ kind: 'audio_tts', text: 'a golem' }), {
      model: 'synthetic',
      modelSource: synthetic,
    });
    const done = await studio.jobIs(id, 'completed');
    expect(done.state).toBe('completed');
  },
  LIMIT_MS,
);
