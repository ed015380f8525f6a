import { expect } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import { openBus } from '../../../../src/system/dbus/bus.ts';
import { openDialogue } from '../../../../src/system/net/unix-dialogue.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { needs, POSIX } from '../../../needs.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

const socketTest = needs(POSIX);

/** Something that listens where a bus or a display would, and does this with whoever connects. */
async function setup(onSocket: (socket: Socket) => void) {
  const folder = await tempFolder();
  const path = folder.at('socket');
  const connected = Promise.withResolvers<void>();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
    connected.resolve();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const clock = new FakeClock();
  return {
    path,
    clock,
    options: { clock, limitMs: 2_000 },
    connected: connected.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await folder[Symbol.asyncDispose]();
    },
  };
}

socketTest('a desktop that hangs costs the time limit and leaves no timer', async () => {
  await using peer = await setup(() => {});
  using dialogue = openDialogue(peer.path, peer.options);
  const waiting = failureOf(dialogue.receive(1));
  await peer.connected;
  peer.clock.advance(2_000);
  expect(await waiting).toMatchObject({ message: 'no answer within 2.0 s' });
  expect(peer.clock.armed).toBe(0);
});

socketTest('what came before the other side hung up can still be read', async () => {
  await using peer = await setup((socket) => socket.end('OK\r\nrest'));
  using dialogue = openDialogue(peer.path, peer.options);
  expect(await dialogue.receiveLine()).toBe('OK');
  expect(String(await dialogue.receive(2))).toBe('re');
  expect(await failureOf(dialogue.receive(3))).toMatchObject({ message: 'hung up' });
});

socketTest('a socket that nobody listens at fails by the code of the system', async () => {
  await using folder = await tempFolder();
  using dialogue = openDialogue(folder.at('nothing'), { clock: new FakeClock(), limitMs: 2_000 });
  expect(await failureOf(dialogue.receive(1))).toMatchObject({ code: 'ENOENT' });
});

socketTest('a bus that does not admit this account is left at once', async () => {
  await using peer = await setup((socket) => socket.write('REJECTED EXTERNAL\r\n'));
  expect(await failureOf(openBus(peer.path, peer.options))).toMatchObject({
    message: 'the bus does not admit this account',
  });
  expect(peer.clock.armed).toBe(0);
});

socketTest('a bus that announces a huge message or no byte order is left', async () => {
  for (const [head, message] of [
    [[0x6c, 2, 0, 1, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0], 'the bus sends far more than was asked for'],
    [[0x43, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], 'the bus speaks in no known byte order'],
  ] as const) {
    await using peer = await setup((socket) =>
      socket.write(Buffer.concat([Buffer.from('OK 00ff\r\n'), Buffer.from(head)])),
    );
    expect(await failureOf(openBus(peer.path, peer.options))).toMatchObject({ message });
  }
});
