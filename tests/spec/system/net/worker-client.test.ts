import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { askWorker } from '../../../../src/system/net/worker-client.ts';
import { isGone } from '../../../fakes/system/gone.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';

const timeoutMs = 5_000;
const TOKEN = 'right';

type Handle = (request: Request) => Response | Promise<Response>;

/** A worker's API as its own program would serve it, and the file that names it. */
async function setup(
  handle: Handle,
  about: { readonly token?: string; readonly pid?: number; readonly onStranger?: () => Promise<void> } = {},
) {
  const folder = await tempFolder();
  const path = folder.at('local-api.json');
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      if (request.headers.get('authorization') === `Bearer ${TOKEN}`) return await handle(request);
      await about.onStranger?.();
      return new Response(null, { status: 401 });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const write = (token: string, pid: number) => writeFile(path, JSON.stringify({ url, token, pid }));
  await write(about.token ?? TOKEN, about.pid ?? process.pid);
  return {
    path,
    write,
    server,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      await folder[Symbol.asyncDispose]();
    },
  };
}

const replies = (path: string, request: unknown = {}, limitMs = timeoutMs): Promise<readonly unknown[]> =>
  Array.fromAsync(askWorker(path, request, { timeoutMs: limitMs }));

const lines =
  (...values: readonly unknown[]): Handle =>
  () =>
    new Response(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = Bun.spawn([process.execPath, '-e', '0']);
  await child.exited;
  expect(isGone(child.pid)).toBe(true);
  return child.pid;
}

test('a command asks the running worker and gets its replies in order', async () => {
  await using at = await setup(async (request) => new Response(`${await request.text()}\n{"n":2}\n`));
  expect(await replies(at.path, { ask: 'status' })).toEqual([{ ask: 'status' }, { n: 2 }]);
});

test('a reply of two megabytes less a little arrives whole', async () => {
  const text = 'é'.repeat(1_000_000);
  await using at = await setup(lines(text));
  expect(await replies(at.path)).toEqual([text]);
});

test('leaving the loop hangs up at the worker', async () => {
  const gone = Promise.withResolvers<void>();
  await using at = await setup(() => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('{"n":1}\n')),
      cancel: () => gone.resolve(),
    });
    return new Response(body);
  });
  for await (const reply of askWorker(at.path, {}, { timeoutMs })) {
    expect(reply).toEqual({ n: 1 });
    break;
  }
  await within(timeoutMs, 'the worker to notice', gone.promise);
});

test('an aborted signal ends the replies without a failure', async () => {
  const enough = new AbortController();
  await using at = await setup(() => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('1\n')) });
    return new Response(body);
  });
  const received: unknown[] = [];
  for await (const reply of askWorker(at.path, {}, { timeoutMs, signal: enough.signal })) {
    received.push(reply);
    enough.abort();
  }
  expect(received).toEqual([1]);
});

describe('nobody is there', () => {
  const notRunning = { code: 'worker.not-running', hint: 'Start one with `studio-worker run`.' };

  test('without the file that a worker writes', async () => {
    await using folder = await tempFolder();
    expect(await failureOf(replies(folder.at('local-api.json')))).toMatchObject(notRunning);
  });

  test('where its process has ended, whoever listens at its port now', async () => {
    let asked = 0;
    await using at = await setup(() => new Response(`${++asked}\n`), { pid: await deadPid() });
    expect(await failureOf(replies(at.path))).toMatchObject(notRunning);
    expect(asked).toBe(0);
  });

  test('where nothing listens at its port', async () => {
    await using at = await setup(lines(1));
    await at.server.stop(true);
    expect(await failureOf(replies(at.path))).toMatchObject(notRunning);
  });

  test('where another worker listens at its port, which has another token', async () => {
    await using at = await setup(lines(1), { token: 'stale' });
    expect(await failureOf(replies(at.path))).toMatchObject(notRunning);
  });
});

test('a worker that has just restarted is found by its new token', async () => {
  await using at = await setup(lines(1), { token: 'stale', onStranger: () => at.write(TOKEN, process.pid) });
  expect(await replies(at.path)).toEqual([1]);
});

describe('a worker is running all the same', () => {
  test('that does not answer in time', async () => {
    await using at = await setup(() => new Promise<Response>(() => {}));
    expect(await failureOf(replies(at.path, {}, 20))).toMatchObject({
      code: 'worker.unresponsive',
      message: 'the running worker did not answer within 20 ms',
    });
  });

  const cut = (text: string): Handle => {
    return () => new Response(text);
  };
  for (const [what, handle, message] of [
    ['hangs up', cut(''), 'closed the connection before it answered'],
    ['stops halfway', cut('{"is":'), 'closed the connection before it answered'],
    ['sends no JSON', cut('hello\n'), 'sent what is not a line of JSON'],
    ['sends a line without end', cut('x'.repeat(3_000_000)), 'sent a line of more than'],
    ['fails', () => new Response('oops', { status: 500 }), 'answered with status 500'],
  ] as const) {
    test(`that ${what}`, async () => {
      await using at = await setup(handle);
      expect(await failureOf(replies(at.path))).toMatchObject({
        code: 'worker.unresponsive',
        message: expect.stringContaining(message),
      });
    });
  }

  test('whose file holds something else, which is not repeated', async () => {
    await using at = await setup(lines(1));
    await writeFile(at.path, '{"token":"hunter2"');
    const failure = await failureOf(replies(at.path));
    expect(failure).toMatchObject({
      code: 'worker.unresponsive',
      message: expect.stringContaining('is not what a worker'),
    });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });
});
