import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { TEST_MS, waitFor } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A home, a folder for temporary files and one for the results; nothing else of this machine is touched. */
async function setup() {
  const home = await mkdtemp(join(tmpdir(), 'demo-flow-'));
  const temp = join(home, 'temp');
  const outDir = join(home, 'results');
  await mkdir(temp);
  const env = {
    PATH: home, // no ffmpeg there, so that a video is the same file on every machine
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    TMPDIR: temp,
  };
  return {
    outDir,
    env,
    argv: (...more: string[]) => [process.execPath, 'src/main.ts', 'demo', '--out', outDir, ...more],
    leftovers: () => readdirSync(temp),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

/** The demonstration with its output in a pipe. */
async function inPipe(cmd: string[], env: Record<string, string>) {
  const child = Bun.spawn(cmd, { env, stdout: 'pipe', stderr: 'pipe' });
  let out = '';
  const read = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) out += decoder.decode(chunk, { stream: true });
  })();
  const err = new Response(child.stderr).text();
  return {
    child,
    out: () => out,
    says: (text: string) =>
      waitFor(
        `the words ${text}`,
        () => out.includes(text),
        () => out,
      ),
    ended: async () => {
      const code = await child.exited;
      await read;
      return { code, out, err: await err };
    },
  };
}

/** The same on a terminal of eighty columns. */
function onTerminal(cmd: string[], env: Record<string, string>) {
  let screen = '';
  const decoder = new TextDecoder();
  const child = Bun.spawn(cmd, {
    env: { ...env, TERM: 'xterm-256color' },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_terminal, data) => {
        screen += decoder.decode(data, { stream: true });
      },
    },
  });
  return {
    child,
    screen: () => screen,
    says: (text: string) =>
      waitFor(
        `the words ${text}`,
        () => screen.includes(text),
        () => screen,
      ),
  };
}

test('one command runs a job of each kind and leaves what they made', async () => {
  await using place = await setup();
  const { code, out, err } = await (await inPipe(place.argv(), place.env)).ended();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect((await readdir(place.outDir)).toSorted()).toEqual([
    'audio_tts.wav',
    'image.webp',
    'index.html',
    'mesh.glb',
    'video.webp',
  ]);
  const page = await readFile(join(place.outDir, 'index.html'), 'utf8');
  expect(page).toContain('These are placeholders.');
  expect(page).toContain('<q>an aurora fox at dusk</q>');
  expect(page).toContain('<img src="image.webp"');
  expect(page).toContain('<audio src="audio_tts.wav"');
  const image = await sharp(join(place.outDir, 'image.webp')).metadata();
  expect(image).toMatchObject({ format: 'webp', width: 512, height: 512 });
  const film = await sharp(join(place.outDir, 'video.webp'), { animated: true }).metadata();
  expect(film).toMatchObject({ pages: 24, width: 256, pageHeight: 256 });
  expect((await readFile(join(place.outDir, 'audio_tts.wav'))).toString('latin1', 0, 4)).toBe('RIFF');
  for (const kind of ['image', 'llm', 'audio_stt', 'audio_tts', 'video', 'mesh']) expect(out).toContain(kind);
  expect(out).toMatch(/kind +model +wait +load +run +in all +file or text/);
  expect(out).toContain('[synthetic] reply to prompt #');
  expect(place.leftovers()).toEqual([]);
});

test('in a pipe it prints plain lines, one for each change of state', async () => {
  await using place = await setup();
  const { out } = await (await inPipe(place.argv(), place.env)).ended();
  expect(out).not.toContain('\u001B');
  expect(out).toContain('image (synthetic-image): queued\n');
  expect(out.match(/^video \(synthetic-video\): completed in .*video\.webp$/m)).not.toBeNull();
});

test('on a terminal the board is drawn over itself, within the width', async () => {
  await using place = await setup();
  const { child, screen } = onTerminal(place.argv(), place.env);
  expect(await child.exited).toBe(0);
  expect(screen()).toContain('\u001B[6A');
  expect(screen()).toContain('✓');
  const board = screen()
    .split(/\r?\n/)
    .filter((text) => text.includes('\u001B[2K'));
  // oxlint-disable-next-line no-control-regex -- what colours and cursor movements are made of
  const widths = board.map((text) => text.replaceAll(/\u001B\[[0-9;]*[A-Za-z]|\r/g, '').length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(80);
});

test('Ctrl-C in the middle ends it without leftovers', async () => {
  await using place = await setup();
  const { child, screen, says } = onTerminal(place.argv(), place.env);
  await says('image');
  child.terminal?.write('\u0003');
  expect(await child.exited).toBe(1);
  expect(place.leftovers()).toEqual([]);
  expect(screen()).not.toContain('error:');
});

test('a stop before anything is shown leaves nothing behind', async () => {
  await using place = await setup();
  const demo = await inPipe(place.argv(), place.env);
  await waitFor('a folder to work in', () => place.leftovers().length > 0, demo.out);
  demo.child.kill('SIGTERM');
  expect(await demo.ended()).toMatchObject({ code: 1, err: '' });
  expect(place.leftovers()).toEqual([]);
});

test('a SIGTERM in the middle ends it without leftovers', async () => {
  await using place = await setup();
  const demo = await inPipe(place.argv(), place.env);
  await demo.says('queued');
  demo.child.kill('SIGTERM');
  expect((await demo.ended()).code).toBe(1);
  expect(place.leftovers()).toEqual([]);
});

test('--keep leaves the studio running, says where, and ends with Ctrl-C', async () => {
  await using place = await setup();
  const demo = await inPipe(place.argv('--keep'), place.env);
  await demo.says('Press Ctrl-C to stop.');
  const url = /studio: +(\S+)/.exec(demo.out())?.[1] ?? '';
  const token = /operator token: +(\S+)/.exec(demo.out())?.[1] ?? '';
  const answer = await fetch(`${url}/graphics/api/admin/status`, { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.json()).toMatchObject({ workers: { connected: 1 }, jobs: { completed: 6 } });
  demo.child.kill('SIGINT');
  expect((await demo.ended()).code).toBe(0);
  expect(place.leftovers()).toEqual([]);
});

test('a folder that cannot be written ends it with exit 73 and no leftovers', async () => {
  await using place = await setup();
  await Bun.write(place.outDir, 'a file where the folder should be');
  const { code, err } = await (await inPipe(place.argv(), place.env)).ended();
  expect(code).toBe(73);
  expect(err).toContain(place.outDir);
  expect(place.leftovers()).toEqual([]);
  expect(existsSync(place.outDir)).toBe(true);
});
