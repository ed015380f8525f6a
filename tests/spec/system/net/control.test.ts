import { describe, expect, test } from 'bun:test';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { MIB } from '../../../../src/base/units.ts';
import { askControl } from '../../../../src/system/net/control-client.ts';
import { type ControlHandler, controlAddress, serveControl } from '../../../../src/system/net/control.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const timeoutMs = 5_000;

/** Replies with what came in. */
const echo: ControlHandler = async function* (line) {
  yield { line };
};
const echoOf = (value: unknown): unknown => ({ line: { is: 'read', value } });

async function setup(handle: ControlHandler = echo) {
  const folder = await tempFolder();
  const address = controlAddress(folder.at('deep/control.sock'), {
    platform: process.platform,
    get: () => undefined,
    tempDir: folder.path,
  });
  const server = await serveControl(address, handle);
  const clear = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { folder, address, server, [Symbol.asyncDispose]: clear };
}

/** Every reply to one request. */
const replies = (address: string, request: unknown, within = timeoutMs): Promise<readonly unknown[]> =>
  Array.fromAsync(askControl(address, request, { timeoutMs: within }));

/** The first reply to one request, after which the command hangs up. */
async function ask(address: string, request: unknown): Promise<unknown> {
  for await (const reply of askControl(address, request, { timeoutMs })) return reply;
  return undefined;
}

/** Everything the worker sends to a peer that speaks raw bytes. */
function speak(address: string, bytes: string): Promise<string> {
  const received: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(address, () => socket.write(bytes));
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', reject);
  socket.on('close', () => resolve(Buffer.concat(received).toString()));
  return within(timeoutMs, 'the worker to hang up', promise);
}

test('a command asks the running worker and gets its answer', async () => {
  await using at = await setup();
  expect(await replies(at.address, { do: 'status' })).toEqual([echoOf({ do: 'status' })]);
});

test('several commands are answered at once, each its own', async () => {
  await using at = await setup();
  const asked = [1, 2, 3, 4, 5].map((n) => ask(at.address, n));
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4, 5].map(echoOf));
});

test('an answer of two megabytes less a little arrives whole', async () => {
  const text = 'é'.repeat(1_000_000);
  await using at = await setup(async function* () {
    yield text;
  });
  expect(await ask(at.address, null)).toBe(text);
});

test('a handler that fails costs its peer the socket and nobody else anything', async () => {
  let calls = 0;
  await using at = await setup(async function* (line) {
    if (++calls === 1) throw new TypeError('oops');
    yield line;
  });
  expect(await failureOf(replies(at.address, {}))).toMatchObject({ code: 'worker.unresponsive' });
  expect(await ask(at.address, 1)).toEqual({ is: 'read', value: 1 });
});

for (const [what, bytes, problem] of [
  ['no JSON', 'hello\n', 'not a line of JSON'],
  ['an empty line', '\n', 'not a line of JSON'],
  ['a line too long', 'x'.repeat(34 * MIB), 'a line may hold 34603008 bytes'],
  ['a long line with an end', `"${'x'.repeat(34 * MIB)}"\n`, 'a line may hold 34603008 bytes'],
] as const) {
  test(`${what} reaches the handler as unreadable, and never as itself`, async () => {
    await using at = await setup();
    expect(JSON.parse(await speak(at.address, bytes))).toEqual({ line: { is: 'unreadable', problem } });
    expect(await ask(at.address, 1)).toEqual(echoOf(1));
  });
}

test('a command that goes away mid-request disturbs nobody', async () => {
  await using at = await setup();
  const socket = connect(at.address, () => socket.end('{"half'));
  await within(timeoutMs, 'the socket to close', new Promise((resolve) => socket.once('close', resolve)));
  expect(await ask(at.address, 1)).toEqual(echoOf(1));
});

describe('a stream of replies', () => {
  /** Counts up for as long as somebody reads. */
  function counter() {
    const seen = { sent: 0, ended: Promise.withResolvers<void>() };
    async function* count(signal: AbortSignal) {
      try {
        while (!signal.aborted) yield { n: seen.sent++, padding: 'x'.repeat(10_000) };
      } finally {
        seen.ended.resolve();
      }
    }
    const handle: ControlHandler = async function* (line, signal) {
      if (line.is === 'read' && line.value === 'ping') yield 'pong';
      else yield* count(signal);
    };
    return { seen, handle };
  }

  test('arrives in order, and ends at the worker once the reader hangs up', async () => {
    const { seen, handle } = counter();
    await using at = await setup(handle);
    let next = 0;
    for await (const reply of askControl(at.address, {}, { timeoutMs })) {
      expect(reply).toMatchObject({ n: next });
      if (++next === 500) break;
    }
    await within(timeoutMs, 'the stream to end', seen.ended.promise);
  });

  test('stands still while its reader does', async () => {
    const { seen, handle } = counter();
    await using at = await setup(handle);
    const reading = askControl(at.address, {}, { timeoutMs });
    expect((await reading.next()).value).toMatchObject({ n: 0 });
    let before = -1;
    while (before !== seen.sent) {
      before = seen.sent;
      expect(await ask(at.address, 'ping')).toBe('pong'); // several turns of the event loop
    }
    expect(seen.sent).toBeLessThan(2_000); // twenty megabytes: what the sockets hold, and not one that grows
    await reading.return(undefined);
  });

  test('ends when the worker stops serving', async () => {
    const waiting = Promise.withResolvers<void>();
    await using at = await setup(async function* (_line, signal) {
      yield 'first';
      signal.addEventListener('abort', () => waiting.resolve());
      await waiting.promise;
      yield 'last';
    });
    const received: unknown[] = [];
    for await (const reply of askControl(at.address, {}, { timeoutMs })) {
      received.push(reply);
      if (reply === 'first') void at.server[Symbol.asyncDispose]();
    }
    expect(received).toEqual(['first', 'last']);
  });
});

describe('who is there', () => {
  test('without a running worker the command says how to start one', async () => {
    await using folder = await tempFolder();
    expect(await failureOf(ask(folder.at('control.sock'), {}))).toMatchObject({
      code: 'worker.not-running',
      hint: 'Start one with `studio-worker run`.',
    });
  });

  test('a worker that does not answer in time is running all the same', async () => {
    await using at = await setup(async function* (_line, signal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield 'late';
    });
    expect(await failureOf(replies(at.address, {}, 20))).toMatchObject({
      code: 'worker.unresponsive',
      message: 'the running worker did not answer within 20 ms',
    });
  });

  for (const [what, act, message] of [
    ['hangs up', (socket: Socket) => socket.end(), 'the running worker closed the connection before it answered'],
    ['stops halfway', (socket: Socket) => socket.end('{"is":'), 'the running worker closed the connection before it'],
    ['sends no JSON', (socket: Socket) => socket.end('hello\n'), 'the running worker sent what is not a line of JSON'],
    ['sends a line without end', (socket: Socket) => socket.end('x'.repeat(3_000_000)), 'sent a line of more than'],
  ] as const) {
    test(`a worker that ${what} is running all the same`, async () => {
      await using folder = await tempFolder();
      const server = createServer((socket) => {
        socket.on('error', () => {}).once('data', () => act(socket));
      });
      await new Promise<void>((resolve) => server.listen(folder.at('control.sock'), resolve));
      const failure = await failureOf(replies(folder.at('control.sock'), {}));
      server.close();
      expect(failure).toMatchObject({ code: 'worker.unresponsive', message: expect.stringContaining(message) });
    });
  }
});

needs(POSIX)('nobody but the owner may reach the socket', async () => {
  await using at = await setup();
  expect(((await stat(at.address)).mode & 0o777).toString(8)).toBe('600');
  expect(((await stat(at.folder.at('deep'))).mode & 0o777).toString(8)).toBe('700');
});

needs(POSIX)('the socket of a killed worker is replaced', async () => {
  await using folder = await tempFolder();
  const address = folder.at('control.sock');
  const source = `${import.meta.dir}/../../../../src/system/net/control.ts`;
  const script = `
    const { serveControl } = await import(${JSON.stringify(source)});
    await serveControl(${JSON.stringify(address)}, async function* () { yield 1; });
    console.log('up');
    setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
  await within(timeoutMs, 'the worker to listen', child.stdout.getReader().read());
  child.kill('SIGKILL');
  await within(timeoutMs, 'the worker to be gone', child.exited);
  expect((await stat(address)).isSocket()).toBe(true);

  await using _server = await serveControl(address, echo);
  expect(await ask(address, 2)).toEqual(echoOf(2));
});

test('a socket that answers is never taken over', async () => {
  await using at = await setup();
  expect(await failureOf(serveControl(at.address, echo))).toMatchObject({
    code: 'worker.already-running',
  });
  expect(await ask(at.address, 1)).toEqual(echoOf(1));
});

test('a closed control socket is gone from the disk', async () => {
  await using at = await setup();
  await at.server[Symbol.asyncDispose]();
  expect(await failureOf(stat(at.address))).toMatchObject({ code: 'ENOENT' });
});

const linux = { platform: 'linux', get: () => undefined, tempDir: '/tmp' } as const;
const deep = `/home/pat/${'folder/'.repeat(20)}control.sock`;

test('a socket lies beside the config file where its path is short enough', () => {
  expect(controlAddress('/home/pat/.config/x/control.sock', linux)).toBe('/home/pat/.config/x/control.sock');
});

test('a path too long for a socket gives a short one that is always the same', () => {
  const address = controlAddress(deep, { ...linux, get: () => '/run/user/1000/' });
  expect(address).toMatch(/^\/run\/user\/1000\/studio-worker-[0-9a-f]{24}\/control\.sock$/);
  expect(controlAddress(deep, { ...linux, get: () => '/run/user/1000' })).toBe(address);
  expect(controlAddress(`${deep}2`, linux)).not.toBe(controlAddress(deep, linux));
});

test('a runtime folder that is relative is ignored, wherever the worker starts', () => {
  for (const relative of ['run', './run', '../run', '~/run']) {
    expect(controlAddress(deep, { ...linux, get: () => relative })).toBe(controlAddress(deep, linux));
  }
});

test('a temporary folder too long for a socket is passed over', () => {
  const address = controlAddress(deep, { ...linux, tempDir: `/var/${'x'.repeat(100)}` });
  expect(address).toMatch(/^\/tmp\/studio-worker-/);
});

test('on Windows the control socket is a named pipe', () => {
  expect(controlAddress('C:\\x\\control.sock', { ...linux, platform: 'win32' })).toMatch(
    /^\\\\\.\\pipe\\studio-worker-[0-9a-f]{24}$/,
  );
});

test('a file in the way of the socket is replaced by it', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('control.sock'), '');
  await chmod(folder.at('control.sock'), 0o644);
  await using _server = await serveControl(folder.at('control.sock'), echo);
  expect(await ask(folder.at('control.sock'), 3)).toEqual(echoOf(3));
});
