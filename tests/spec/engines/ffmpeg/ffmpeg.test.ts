import { expect, test } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { STALL_MS } from '../../../../src/engines/ffmpeg/run-ffmpeg.ts';
import { childEnvironment } from '../../../../src/system/process/processes.ts';
import { type Program, runProgram } from '../../../../src/system/process/programs.ts';
import { anFfmpeg, type FfmpegChoice } from '../../../fakes/engines/ffmpeg.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { goneSoon } from '../../../fakes/system/gone.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { READY } from '../../../../src/engines/readiness.ts';

const LIST = "echo ' V....D libx264  H.264'; echo ' A....D flac  FLAC'";
const BUDGET_MS = 10_000;

/** A stand-in that lists two encoders and otherwise does what `body` says, in the shell's words. */
async function setup({ body = 'exit 0', ...choice }: FfmpegChoice & { readonly body?: string } = {}) {
  const folder = await tempFolder();
  const tempDir = folder.at('tmp');
  mkdirSync(tempDir);
  mkdirSync(folder.at('bin'));
  const log = recordingLogger();
  const programs: Program[] = [];
  const abort = new AbortController();
  const progressing = Promise.withResolvers<string>();
  const ffmpeg = anFfmpeg(tempDir, {
    variables: { PATH: `${folder.at('none')}:${folder.at('bin')}` },
    platform: 'linux',
    log,
    run: (command, options) => {
      const onOutput = (text: string): void => {
        options.onOutput(text);
        if (text.includes('frame=')) progressing.resolve(text);
      };
      const program = runProgram(command, { ...options, onOutput });
      programs.push(program);
      return program;
    },
    ...choice,
  });
  const install = async (path = folder.at('bin/ffmpeg'), list = LIST): Promise<void> => {
    await writeFile(path, `#!/bin/sh\ncase "$*" in *-encoders) ${list}; exit 0;; esac\n${body}\n`);
    await chmod(path, 0o755);
  };
  return {
    folder,
    log,
    programs,
    ffmpeg,
    abort,
    /** What it said when it said that it makes progress. */
    progressing: () => within(BUDGET_MS, 'progress', progressing.promise),
    install,
    decode: () => ffmpeg.decodeAudio(new Uint8Array(8), { sampleRate: 16_000, signal: abort.signal }),
    leftovers: () => readdirSync(tempDir),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('a machine without ffmpeg says so, and how to get one', async () => {
  await using machine = await setup();
  expect(await machine.ffmpeg.readiness()).toEqual({
    ready: false,
    where: undefined,
    configured: true,
    because: 'ffmpeg is not installed on this machine',
    hint: expect.stringContaining('sudo apt install ffmpeg'),
  });
  expect(await failureOf(machine.decode())).toHaveProperty('code', 'engine.unavailable');
});

test('an ffmpeg installed later is found and probed once', async () => {
  await using machine = await setup();
  expect(await machine.ffmpeg.readiness()).toHaveProperty('ready', false);
  await machine.install();
  expect(await machine.ffmpeg.readiness()).toEqual(READY);
  expect(await machine.ffmpeg.readiness('mp4')).toEqual(READY);
  expect(machine.programs).toHaveLength(1);
});

test('an encoder that a build lacks is named', async () => {
  await using machine = await setup();
  await machine.install();
  for (const [ext, encoder] of [
    ['webm', 'libvpx-vp9'],
    ['opus', 'libopus'],
    ['mp3', 'libmp3lame'],
  ] as const) {
    expect(await machine.ffmpeg.readiness(ext)).toEqual({
      ready: false,
      where: undefined,
      configured: true,
      because: `${machine.folder.at('bin/ffmpeg')} was built without ${encoder}, so it cannot write ${ext}`,
      hint: `Install an ffmpeg that has ${encoder}, or name one in STUDIO_WORKER_FFMPEG.`,
    });
  }
});

test('a file that is called ffmpeg but is none is not taken for one', async () => {
  await using machine = await setup();
  await machine.install(undefined, 'echo hello');
  expect(await machine.ffmpeg.readiness()).toMatchObject({
    ready: false,
    because: `${machine.folder.at('bin/ffmpeg')} does not run as ffmpeg`,
  });
});

test('a file that is called ffmpeg but is none hides no ffmpeg behind it', async () => {
  await using machine = await setup();
  mkdirSync(machine.folder.at('none'));
  await machine.install(machine.folder.at('none/ffmpeg'), 'echo hello');
  await machine.install();
  expect(await machine.ffmpeg.readiness()).toEqual(READY);
  expect(machine.log.names()).toEqual(['program.passed-over']);
});

test('the variable names another program, and is warned about when it cannot', async () => {
  await using folder = await tempFolder();
  const variables: Record<string, string> = { STUDIO_WORKER_FFMPEG: folder.at('mine'), PATH: '' };
  await using machine = await setup({ variables });
  expect(await machine.ffmpeg.readiness()).toHaveProperty('ready', false);
  variables['STUDIO_WORKER_FFMPEG'] = ' ';
  expect(await machine.ffmpeg.readiness()).toHaveProperty('ready', false);
  expect(await machine.ffmpeg.readiness()).toHaveProperty('ready', false);
  expect(machine.log.events.map(({ fields }) => fields['because'])).toEqual(['no such file', 'it is blank']);
  variables['STUDIO_WORKER_FFMPEG'] = folder.at('mine');
  await machine.install(folder.at('mine'));
  expect(await machine.ffmpeg.readiness()).toEqual(READY);
});

test('the last line of stderr says why audio cannot be read', async () => {
  await using machine = await setup({ body: 'echo first >&2; echo "Invalid data" >&2; exit 1' });
  await machine.install();
  expect(await failureOf(machine.decode())).toMatchObject({
    code: 'task.audio-unreadable',
    message: 'the audio cannot be read: Invalid data',
    fields: { exitCode: 1 },
  });
  expect(machine.leftovers()).toEqual([]);
});

test.each([0, 1])('a full disk is not blamed on the file when ffmpeg exits with %d', async (exitCode) => {
  const said = 'echo "Error writing trailer: No space left on device" >&2';
  await using machine = await setup({ body: `${said}; exit ${exitCode}` });
  await machine.install();
  expect(await failureOf(machine.decode())).toHaveProperty('code', 'disk.full');
});

test('a program that a signal ends is a failure of the machine', async () => {
  await using machine = await setup({ body: 'kill -SEGV $$' });
  await machine.install();
  expect(await failureOf(machine.decode())).toMatchObject({ code: 'engine.failed', fields: { signal: 'SIGSEGV' } });
});

test('abort ends the program and all it started, and leaves no files', async () => {
  await using machine = await setup({ body: "trap '' TERM; sleep 1000 & echo pid=$! frame=1; wait" });
  await machine.install();
  const failure = failureOf(machine.decode());
  const [, pid] = /pid=(\d+)/.exec(await machine.progressing()) ?? [];
  const reason = new Error('given up');
  machine.abort.abort(reason);
  expect(await within(BUDGET_MS, 'the end', failure)).toBe(reason);
  expect(machine.leftovers()).toEqual([]);
  await goneSoon(Number(pid));
});

test('a program that repeats itself without progress is ended', async () => {
  const clock = new FakeClock();
  await using machine = await setup({ clock, body: 'echo frame=1; echo frame=1; exec sleep 1000' });
  await machine.install();
  const failure = failureOf(machine.decode());
  await machine.progressing();
  clock.advance(STALL_MS);
  expect(await within(BUDGET_MS, 'the end', failure)).toHaveProperty('code', 'engine.stalled');
  expect(machine.leftovers()).toEqual([]);
});

test('waiting for frames is not a lack of progress of the program', async () => {
  const clock = new FakeClock();
  await using machine = await setup({ clock, body: 'echo frame=0; cat > /dev/null' });
  await machine.install();
  const [asked, next] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* frames() {
    yield new Uint8Array(12);
    asked.resolve();
    await next.promise;
    yield new Uint8Array(12);
  }
  const about = { width: 2, height: 2, fps: 8, frames: 2, ext: 'mp4', progress: () => {} } as const;
  const failure = failureOf(machine.ffmpeg.encodeVideo(frames(), { ...about, signal: machine.abort.signal }));
  await machine.progressing();
  await within(BUDGET_MS, 'the wish for a frame', asked.promise);
  clock.advance(10 * STALL_MS);
  next.resolve();
  // The stand-in writes no video: what counts is that it was let end by itself.
  expect(await within(BUDGET_MS, 'the end', failure)).toHaveProperty(
    'message',
    'ffmpeg exited with 0 but produced no output',
  );
});

test('no variable makes ffmpeg write reports, not even its first call', async () => {
  await using machine = await setup({
    body: 'env > "$0.env"; exit 1',
    childEnv: childEnvironment({ PATH: '/usr/bin:/bin', FFREPORT: 'file=/tmp/x', HTTPS_PROXY: 'http://a:b@proxy' }),
  });
  const program = machine.folder.at('bin/ffmpeg');
  await machine.install(program, `env > "$0.first"; ${LIST}`);
  await failureOf(machine.decode());
  for (const seen of ['env', 'first']) {
    const variables = readFileSync(`${program}.${seen}`, 'utf8');
    expect(variables).toContain('PATH=');
    expect(variables).not.toMatch(/FFREPORT|PROXY/);
  }
});
