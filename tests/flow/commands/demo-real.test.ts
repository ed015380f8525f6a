import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { voiceConfig, voiceModel } from '../../../src/demo/weights/voice.ts';
import { treeOf } from '../../bench/processes.ts';
import { isGone } from '../../fakes/system/gone.ts';
import { floatWav } from '../../fakes/engines/float-wav.ts';
import { images } from '../../fakes/engines/onnx-engine.ts';
import { tone } from '../../fakes/engines/whisper-engine.ts';
import { TEST_MS } from '../wait-for.ts';
import { LINUX, needs } from '../../needs.ts';

setDefaultTimeout(2 * TEST_MS);

/** A home with folders for temporary files and results, and the command that works in it. */
async function setup() {
  const home = await mkdtemp(join(tmpdir(), 'demo-real-'));
  const [temp, out] = [join(home, 'temp'), join(home, 'results')];
  await mkdir(temp);
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_CACHE_HOME: join(home, 'cache'), TMPDIR: temp };
  const cmd = [process.execPath, 'src/main.ts', 'demo', '--real', '--out', out];
  return {
    home,
    out,
    leftovers: () => readdir(temp),
    async put(name: string, content: Uint8Array | string) {
      await writeFile(join(home, name), content);
      return join(home, name);
    },
    start: () => Bun.spawn(cmd, { env, stdout: 'pipe', stderr: 'ignore' }),
    async demo(...args: string[]) {
      const child = Bun.spawn([...cmd, ...args], { env, stdout: 'pipe', stderr: 'pipe' });
      const [said, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
      return { code: await child.exited, said, err };
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

test('real engines chat, remove, speak and write down, and leave nothing but results', async () => {
  await using place = await setup();
  const { code, said, err } = await place.demo();
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(said).toMatch(/kind +engine +ran on +wait +load +run +in all +file or text/);
  for (const engine of ['llama-cpp', 'onnx', 'piper', 'whisper-cpp']) {
    expect(said).toMatch(new RegExp(`^\\w+ +${engine} +cpu(?: +\\d[^ ]* [a-z]+(?: \\d+ s)?){4} +\\S`, 'm'));
  }
  expect(said).toMatch(/llama-cpp.*Hello from a (tiny|small) model here/);
  expect(said).toMatch(/whisper-cpp.*the fox crosses the ice/i);
  expect((await readdir(place.out)).toSorted()).toEqual([
    'audio_tts.wav',
    'image-before.png',
    'image.webp',
    'index.html',
  ]);
  const page = await Bun.file(join(place.out, 'index.html')).text();
  expect(page).toContain('<figcaption>Before</figcaption><img src="image-before.png"');
  expect(page).toContain('<figcaption>After</figcaption><img src="image.webp"');
  const { pixels, width, channels } = await images.decode(await Bun.file(join(place.out, 'image.webp')).bytes());
  const ball = (210 * width + 170) * channels;
  const [red = 0, green = 0, blue = 0] = pixels.subarray(ball, ball + 3);
  expect(red).toBeLessThan(Math.max(green, blue) + 60); // a red ball was there
  expect(await place.leftovers()).toEqual([]);
});

test('weights and a recording that are given take the place of generated ones', async () => {
  await using place = await setup();
  const llm = await place.put('mine.gguf', chatModel({ says: [['Good'], [' evening']] }));
  const tts = await place.put('mine.onnx', voiceModel());
  await place.put('mine.onnx.json', JSON.stringify(voiceConfig()));
  const recording = await place.put('mine.wav', floatWav(tone(1), 16_000));
  const { code, said } = await place.demo('--json', '--llm', llm, '--tts', tts, '--recording', recording);
  expect(code).toBe(0);
  const jobs: { kind: string; engine: string; state: string; text?: string }[] = JSON.parse(said);
  expect(jobs.map(({ kind, state }) => [kind, state])).toEqual([
    ['llm', 'completed'],
    ['image', 'completed'],
    ['audio_tts', 'completed'],
    ['audio_stt', 'completed'],
  ]);
  expect(jobs[0]).toMatchObject({ engine: 'llama-cpp', model: 'demo-llm', ranOn: 'cpu', text: 'Good evening' });
});

test('weights that are none fail their job alone, and the command with it', async () => {
  await using place = await setup();
  const { code, said } = await place.demo('--removal', await place.put('page.onnx', '<html>sign in</html>'));
  expect(code).toBe(1);
  expect(said).toContain('failed: page.onnx is not a model file: it is a web page. Give the model source the URL');
  expect(said).toMatch(/llama-cpp.*Hello/);
  expect(await place.leftovers()).toEqual([]);
});

test('a given file that is not there ends the command before anything is started', async () => {
  await using place = await setup();
  const { code, said, err } = await place.demo('--tts', await place.put('voice.onnx', voiceModel()));
  expect(code).toBe(66);
  expect(said).toBe('');
  expect(err).toContain(`${join(place.home, 'voice.onnx.json')} does not exist`);
  expect(await place.leftovers()).toEqual([]);
});

needs(LINUX)('a demo stopped during a real job leaves no process and no file', async () => {
  await using place = await setup();
  const child = place.start();
  const decoder = new TextDecoder();
  let said = '';
  let children: readonly number[] = [];
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk, { stream: true });
    if (children.length > 0 || !/^image .*: running/m.test(said)) continue;
    children = treeOf(child.pid).slice(1); // the chat's model is still warm
    child.kill('SIGTERM');
  }
  expect(await child.exited).toBe(1);
  expect(children.length).toBeGreaterThan(0);
  for (const pid of children) expect(isGone(pid)).toBe(true);
  expect(await place.leftovers()).toEqual([]);
});
