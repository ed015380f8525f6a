import { expect, test } from 'bun:test';
import { chmod, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { WorkerError } from '../../../../src/base/errors.ts';
import { callControl, controlAddress, serveControl } from '../../../../src/system/net/control.ts';
import { failureOf, tempFolder, within } from '../temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const timeoutMs = 5_000;

async function setup(handle: (request: unknown) => Promise<unknown> = (request) => Promise.resolve({ request })) {
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

/** Everything the worker says to a peer that speaks raw bytes. */
function speak(address: string, bytes: string): Promise<string> {
  const heard: Buffer[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(address, () => socket.write(bytes));
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  socket.on('error', reject);
  socket.on('close', () => resolve(Buffer.concat(heard).toString()));
  return within(timeoutMs, 'the worker to hang up', promise);
}

test('a command asks the running worker and gets its answer', async () => {
  await using at = await setup();
  const answer = await callControl(at.address, { do: 'status' }, { timeoutMs });
  expect(answer).toEqual({ request: { do: 'status' } });
});

test('several commands are answered at once, each its own', async () => {
  await using at = await setup();
  const asked = [1, 2, 3, 4, 5].map((n) => callControl(at.address, n, { timeoutMs }));
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4, 5].map((request) => ({ request })));
});

test('an answer of a megabyte less a little arrives whole', async () => {
  const text = 'é'.repeat(500_000);
  await using at = await setup(() => Promise.resolve(text));
  expect(await callControl(at.address, null, { timeoutMs })).toBe(text);
});

test('what the worker refuses reaches the command with code and hint', async () => {
  await using at = await setup(() => {
    throw new WorkerError('config.not-saved', 'the disk is read-only', { hint: 'Remount it.' });
  });
  const asked = callControl(at.address, {}, { timeoutMs });
  expect(await failureOf(asked)).toMatchObject({
    code: 'config.not-saved',
    message: 'the disk is read-only',
    hint: 'Remount it.',
  });
});

test('a surprise in the worker is an answer and costs nothing', async () => {
  let calls = 0;
  await using at = await setup(() => (++calls === 1 ? Promise.reject(new TypeError('oops')) : Promise.resolve('fine')));
  expect(await failureOf(callControl(at.address, {}, { timeoutMs }))).toMatchObject({
    code: 'internal',
    message: 'oops',
  });
  expect(await callControl(at.address, {}, { timeoutMs })).toBe('fine');
});

for (const [what, bytes, said] of [
  ['no JSON', 'hello\n', 'not a line of JSON'],
  ['an empty line', '\n', 'not a line of JSON'],
  ['a line too long', 'x'.repeat(70_000), 'a line may hold 65536 bytes'],
  ['a long line with an end', `"${'x'.repeat(70_000)}"\n`, 'a line may hold 65536 bytes'],
] as const) {
  test(`${what} is answered with an error and hung up on`, async () => {
    await using at = await setup();
    expect(await speak(at.address, bytes)).toContain(said);
    expect(await callControl(at.address, 1, { timeoutMs })).toEqual({ request: 1 });
  });
}

test('a command that goes away mid-request disturbs nobody', async () => {
  await using at = await setup();
  const socket = connect(at.address, () => socket.end('{"half'));
  await within(timeoutMs, 'the socket to close', new Promise((resolve) => socket.once('close', resolve)));
  expect(await callControl(at.address, 1, { timeoutMs })).toEqual({ request: 1 });
});

test('without a running worker the command says how to start one', async () => {
  await using folder = await tempFolder();
  const asked = callControl(folder.at('control.sock'), {}, { timeoutMs });
  expect(await failureOf(asked)).toMatchObject({
    code: 'worker.not-running',
    hint: 'Start one with `studio-worker run`.',
  });
});

test('a worker that does not answer in time counts as not running', async () => {
  await using at = await setup(() => new Promise(() => {}));
  expect(await failureOf(callControl(at.address, {}, { timeoutMs: 20 }))).toMatchObject({ code: 'worker.not-running' });
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
    await serveControl(${JSON.stringify(address)}, async () => 1);
    console.log('up');
    setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
  await within(timeoutMs, 'the worker to listen', child.stdout.getReader().read());
  child.kill('SIGKILL');
  await within(timeoutMs, 'the worker to be gone', child.exited);
  expect((await stat(address)).isSocket()).toBe(true);

  await using _server = await serveControl(address, () => Promise.resolve('second'));
  expect(await callControl(address, {}, { timeoutMs })).toBe('second');
});

test('a socket that answers is never taken over', async () => {
  await using at = await setup();
  expect(await failureOf(serveControl(at.address, () => Promise.resolve(1)))).toMatchObject({
    code: 'worker.already-running',
  });
  expect(await callControl(at.address, 1, { timeoutMs })).toEqual({ request: 1 });
});

test('a closed control line is gone from the disk', async () => {
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

test('a temporary folder too long for a socket is passed over', () => {
  const address = controlAddress(deep, { ...linux, tempDir: `/var/${'x'.repeat(100)}` });
  expect(address).toMatch(/^\/tmp\/studio-worker-/);
});

test('on Windows the control line is a named pipe', () => {
  expect(controlAddress('C:\\x\\control.sock', { ...linux, platform: 'win32' })).toMatch(
    /^\\\\\.\\pipe\\studio-worker-[0-9a-f]{24}$/,
  );
});

test('a file in the way of the socket is replaced by it', async () => {
  await using folder = await tempFolder();
  await writeFile(folder.at('control.sock'), '');
  await chmod(folder.at('control.sock'), 0o644);
  await using _server = await serveControl(folder.at('control.sock'), () => Promise.resolve('up'));
  expect(await callControl(folder.at('control.sock'), {}, { timeoutMs })).toBe('up');
});
