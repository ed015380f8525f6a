import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { openImages } from '../../../../src/compose/children/images-child.ts';
import { createImagesInChild } from '../../../../src/system/native/images-in-child.ts';
import { createMemoryCeiling } from '../../../../src/system/process/memory-ceiling.ts';
import { treeMemory } from '../../../../src/system/process/process-memory.ts';
import {
  type SpawnIpc,
  type IpcChild,
  childEnvironment,
  processVariables,
  spawnIpcWithoutOutput,
} from '../../../../src/system/process/processes.ts';
import { images as here } from '../../../fakes/engines/onnx-engine.ts';
import { headerOfPng } from '../../../fakes/engines/pictures.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { LINUX, needs } from '../../../needs.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const FRAGILE = join(import.meta.dir, '../../../fakes/system/fragile-images.ts');
const picture = {
  pixels: Uint8Array.from({ length: 8 * 4 * 3 }, (_, at) => (at * 7) % 256),
  width: 8,
  height: 4,
  channels: 3,
} as const;
/** A picture with a byte behind its end, which no decoder reads. */
const pngWith = async (last: number) =>
  Buffer.concat([await here.encode({ ...picture, format: 'png' }), Uint8Array.of(last)]);

/** Images in a process that can be made to fail, and the processes that were started for them. */
function setup(hold = (spawn: SpawnIpc): SpawnIpc => spawn) {
  const clock = new FakeClock();
  const children: IpcChild[] = [];
  const idled: number[] = [];
  const images = createImagesInChild({
    spawn: hold((command, options) => {
      const child = spawnIpcWithoutOutput(command, options);
      children.push(child);
      return child;
    }),
    command: [process.execPath, FRAGILE],
    env: childEnvironment(processVariables()),
    after: (ms, call) => clock.after(ms, call),
    onIdle: () => idled.push(clock.elapsed()),
  });
  return { images, children, idled, clock };
}

test('a process of its own reads and writes images as this one does', async () => {
  const images = openImages();
  const png = await images.encode({ ...picture, format: 'png' });
  expect(Buffer.compare(png, await here.encode({ ...picture, format: 'png' }))).toBe(0);
  expect(await images.probe(png)).toEqual(await here.probe(png));
  expect(await images.decode(png)).toMatchObject({ ...picture, pixels: new Uint8Array(picture.pixels) });
  const how = { format: 'webp', size: { width: 4, height: 2 } } as const;
  expect(Buffer.compare(await images.convert(png, how), await here.convert(png, how))).toBe(0);
});

test.each(['webp', 'gif'] as const)('an animated %s is made by that process as well', async (format) => {
  const request = {
    width: 8,
    height: 4,
    channels: 3,
    format,
    delaysMs: [100, 50],
    loop: 0,
    frame: () => Promise.resolve(picture.pixels),
    signal: new AbortController().signal,
    progress: () => {},
  } as const;
  const [there, local] = [await openImages().encodeAnimation(request), await here.encodeAnimation(request)];
  expect(Buffer.compare(there, local)).toBe(0);
});

test('what the process refuses, it refuses in the same words', async () => {
  const images = openImages();
  for (const bytes of [new Uint8Array(), new Uint8Array(30), headerOfPng(16_000, 16_000)]) {
    const [there, local] = [await failureOf(images.decode(bytes)), await failureOf(here.decode(bytes))];
    expect(there).toMatchObject({ code: 'task.invalid', message: String(Reflect.get(Object(local), 'message')) });
    expect(Reflect.get(Object(there), 'hint')).toBe(Reflect.get(Object(local), 'hint'));
  }
});

test.each([
  [1, 'was killed by SIGSEGV'],
  [3, 'exited with code 3'],
])('a file that ends its process (%d) is final, the next is read', async (fault, how) => {
  const { images, children } = setup();
  const good = await pngWith(0);
  const [bad, next] = await Promise.all([failureOf(images.decode(await pngWith(fault))), images.decode(good)]);
  expect(bad).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: `the image cannot be read: the process that read it ${how}`,
  });
  expect(next).toMatchObject({ width: 8, height: 4 });
  expect(children).toHaveLength(2);
});

test('a file that takes for ever is ended after two minutes', async () => {
  const { images, clock } = setup();
  await images.probe(await pngWith(0));
  const reading = failureOf(images.decode(await pngWith(2)));
  await clock.advanceAsync(119_999);
  expect(clock.armed).toBe(1);
  clock.advance(1);
  expect(await reading).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: 'the image cannot be read: the process that read it was killed by SIGKILL',
  });
});

needs(LINUX)('a file that takes more memory than its process may have is final', async () => {
  const watch = new FakeClock();
  const scopes = { put: () => Promise.resolve(false), change: () => Promise.resolve() };
  const ceiling = createMemoryCeiling({
    limitGib: () => 0.5,
    sizeOf: treeMemory,
    scopes,
    clock: watch,
    onHeld: () => {},
  });
  const { images } = setup((spawn) => ceiling.talking(spawn));
  await images.probe(await pngWith(0));
  const ending = { isOver: false };
  const reading = failureOf(images.decode(await pngWith(4))).finally(() => (ending.isOver = true));
  while (!ending.isOver) await watch.advanceAsync(1_000);
  expect(await reading).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: 'the image cannot be read: the process that read it took more than 0.5 GiB of memory',
  });
});

needs(LINUX)('whoever has images read never loads the library that reads them', async () => {
  const png = Buffer.from(await here.encode({ ...picture, format: 'png' })).toString('base64');
  const script = `
    const { openImages } = await import(${JSON.stringify(join(import.meta.dir, '../../../../src/compose/children/images-child.ts'))});
    const { width } = await openImages().decode(Buffer.from('${png}', 'base64'));
    const maps = await Bun.file('/proc/self/maps').text();
    console.log(width, /vips|sharp/.test(maps));
  `;
  const child = Bun.spawn([process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(await new Response(child.stdout).text()).toBe('8 false\n');
});

test('an idle image process is ended, and the next image starts another', async () => {
  const { images, children, idled, clock } = setup();
  const good = await pngWith(0);
  await images.probe(good);
  clock.advance(19_000);
  await images.probe(good);
  clock.advance(19_000);
  expect(children).toHaveLength(1);
  clock.advance(1_000);
  expect(idled).toEqual([39_000]);
  expect(await children[0]?.ended).toEqual({ is: 'killed', signal: 'SIGKILL' });
  await images.probe(good);
  expect(children).toHaveLength(2);
});
