import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { type DevOptions, dev, watchSources } from '../../../install/dev.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { startChild } from '../../../src/system/process/child.ts';
import type { Child } from '../../../src/system/process/processes.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { tempFolder, within } from '../../fakes/system/temp-folder.ts';

/** Things that happen one after the other, waited for in order. */
function queue<T>(what: string) {
  const values: T[] = [];
  const waiting: ((value: T) => void)[] = [];
  return {
    push: (value: T): void => {
      const waiter = waiting.shift();
      if (waiter) waiter(value);
      else values.push(value);
    },
    next: (): Promise<T> => {
      const value = values.shift();
      if (value !== undefined) return Promise.resolve(value);
      return within(10_000, what, new Promise<T>((resolve) => waiting.push(resolve)));
    },
    get size(): number {
      return values.length;
    },
  };
}

/**
 * A stand-in for the worker: tells us that it runs; asked to stop, it tells us so and ends when we answer, as a worker
 * ends when its job does. A source that holds `throw` crashes it at once.
 */
const PROGRAM = `
process.on('SIGTERM', async () => {
  await fetch(process.argv[2] + '/asked');
  process.exit(0);
});
setInterval(() => {}, 1e6);
if ((await Bun.file(process.argv[3]).text()).includes('throw')) process.exit(3);
await fetch(process.argv[2] + '/running');
`;

async function setup({ source = 'export {};', ...how }: { source?: string } & Partial<DevOptions> = {}) {
  const folder = await tempFolder();
  const edit = (text: string): Promise<void> => writeFile(folder.at('source.ts'), text);
  await edit(source);
  await writeFile(folder.at('worker.js'), PROGRAM);
  const running = queue<string>('the worker to run');
  const jobs = queue<() => void>('the worker to be asked');
  const said = queue<string>('something to be said');
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      if (request.url.endsWith('/running')) running.push('running');
      else return new Promise<Response>((answer) => jobs.push(() => answer(new Response('done'))));
      return new Response('ok');
    },
  });
  const children: Child[] = [];
  let signal: Parameters<DevOptions['onStopSignals']>[0] = () => {};
  const command = [process.execPath, folder.at('worker.js'), server.url.origin, folder.at('source.ts')];
  const ended = dev({
    command,
    spawn: (...args) => {
      const child = startChild(...args);
      children.push(child);
      return child;
    },
    onChange: watchSources(folder.path),
    onStopSignals: (call) => {
      signal = call;
      return () => {};
    },
    clock: systemClock,
    say: (line) => said.push(line),
    ...how,
  });
  const stop = (count = 1): void => signal('SIGINT', count);
  return {
    edit,
    running,
    jobs,
    said,
    children,
    ended,
    stop,
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill('SIGKILL');
      stop();
      await within(10_000, 'the loop to end', ended);
      await server.stop(true);
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('after an edit, the next worker starts once the running one has ended', async () => {
  await using loop = await setup();
  await loop.running.next();
  await loop.edit('export const edited = 1;');
  const finishJob = await loop.jobs.next();
  expect(loop.children).toHaveLength(1);
  finishJob();
  await loop.running.next();
  expect(loop.children).toHaveLength(2);
  expect(await loop.children[0]?.ended).toEqual({ is: 'exited', code: 0 });
});

test('edits in quick succession count as one and ask a worker once', async () => {
  const clock = new FakeClock();
  let change = (_path: string): void => {};
  const onChange: DevOptions['onChange'] = (call) => {
    change = call;
    return () => {};
  };
  await using loop = await setup({ clock, onChange });
  await loop.running.next();
  change('src/a.ts');
  change('src/b.ts');
  expect(clock.armed).toBe(1);
  clock.advance(1_000);
  const finishJob = await loop.jobs.next();
  change('src/c.ts');
  clock.advance(1_000);
  finishJob();
  await loop.running.next();
  expect(loop.said.size).toBe(1); // c.ts asked for nothing
  expect(loop.jobs.size).toBe(0);
  expect(loop.children).toHaveLength(2);
});

test('a worker that crashed restarts with the next edit', async () => {
  await using loop = await setup({ source: 'throw 1;' });
  expect(await loop.said.next()).toBe('the worker ended with code 3; it restarts after the next change');
  expect(loop.children).toHaveLength(1);
  await loop.edit('export {};');
  await loop.running.next();
  expect(loop.children).toHaveLength(2);
});

test('a stop lets the job finish, restarts nothing and leaves no process', async () => {
  await using loop = await setup();
  await loop.running.next();
  loop.stop();
  (await loop.jobs.next())();
  await within(10_000, 'the loop to end', loop.ended);
  expect(loop.children).toHaveLength(1);
  expect(await loop.children[0]?.ended).toEqual({ is: 'exited', code: 0 });
});

test('a stop while an edit waits for the job asks no second time', async () => {
  await using loop = await setup();
  await loop.running.next();
  await loop.edit('export const edited = 1;');
  const finishJob = await loop.jobs.next();
  loop.stop();
  expect(loop.jobs.size).toBe(0);
  finishJob();
  await within(10_000, 'the loop to end', loop.ended);
  expect(loop.children).toHaveLength(1);
});

test('a second stop reaches the worker, which then hands its job back', async () => {
  await using loop = await setup();
  await loop.running.next();
  loop.stop(1);
  const finishJob = await loop.jobs.next();
  loop.stop(2);
  await loop.jobs.next();
  finishJob();
  await within(10_000, 'the loop to end', loop.ended);
  expect(loop.children).toHaveLength(1);
});
