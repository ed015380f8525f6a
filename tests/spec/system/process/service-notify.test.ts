import { expect } from 'bun:test';
import { openServiceNotify } from '../../../../src/system/process/service-notify.ts';
import { listenForDatagrams } from '../../../fakes/service/datagrams.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../../needs.ts';

const test = needs(LINUX);

const open = (variables: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') =>
  openServiceNotify({ platform, arch: process.arch, pid: 77, get: (name) => variables[name] });

test('assignments arrive at a socket with a path in one datagram', async () => {
  await using folder = await tempFolder();
  const socket = folder.at('notify ü');
  using manager = listenForDatagrams(socket);
  const notify = await open({ NOTIFY_SOCKET: socket });
  expect(notify?.send({ READY: 1, STATUS: 'waiting' })).toBe(true);
  expect(notify?.send({ WATCHDOG: 1 })).toBe(true);
  expect(manager.received()).toEqual(['READY=1\nSTATUS=waiting\n', 'WATCHDOG=1\n']);
});

test('a socket with an abstract name is reached as well', async () => {
  const name = `@studio-worker-test-${process.pid}`;
  using manager = listenForDatagrams(name);
  const notify = await open({ NOTIFY_SOCKET: name });
  notify?.send({ READY: 1 });
  expect(manager.received()).toEqual(['READY=1\n']);
});

test('foreign text cannot add an assignment of its own', async () => {
  await using folder = await tempFolder();
  const socket = folder.at('notify');
  using manager = listenForDatagrams(socket);
  const notify = await open({ NOTIFY_SOCKET: socket });
  notify?.send({ STATUS: 'rejected: go\nMAINPID=1\r\u0000\u2028away' });
  expect(manager.received()).toEqual(['STATUS=rejected: go MAINPID=1 \u2028away\n']);
});

test('a notification to a gone or hung manager answers false', async () => {
  await using folder = await tempFolder();
  const socket = folder.at('notify');
  const manager = listenForDatagrams(socket);
  const notify = await open({ NOTIFY_SOCKET: socket });
  // Nobody reads, so the queue of the socket fills up, whatever its length.
  const answers = Array.from({ length: 5_000 }, () => notify?.send({ WATCHDOG: 1 }));
  expect(answers).toContain(false);
  manager[Symbol.dispose]();
  expect(notify?.send({ WATCHDOG: 1 })).toBe(false);
});

for (const [why, variables, platform] of [
  ['there is no variable', {}, 'linux'],
  ['the address is not one of a unix socket', { NOTIFY_SOCKET: 'vsock:2:1234' }, 'linux'],
  ['the address is too long', { NOTIFY_SOCKET: `/${'x'.repeat(200)}` }, 'linux'],
  ['the system has no such sockets', { NOTIFY_SOCKET: '/run/notify' }, 'darwin'],
] as const) {
  test(`nobody is told anything when ${why}`, async () => {
    expect(await open(variables, platform)).toBeUndefined();
  });
}

for (const [watchdogMs, variables] of [
  [undefined, {}],
  [90_000, { WATCHDOG_USEC: '90000000' }],
  [90_000, { WATCHDOG_USEC: '90000000', WATCHDOG_PID: '77' }],
  [undefined, { WATCHDOG_USEC: '90000000', WATCHDOG_PID: '78' }],
  [undefined, { WATCHDOG_USEC: 'often' }],
  [undefined, { WATCHDOG_USEC: '-1' }],
] as const) {
  test(`the period of the watchdog is ${watchdogMs} for ${JSON.stringify(variables)}`, async () => {
    await using folder = await tempFolder();
    using _manager = listenForDatagrams(folder.at('notify'));
    const notify = await open({ NOTIFY_SOCKET: folder.at('notify'), ...variables });
    expect(notify?.watchdogMs).toBe(watchdogMs);
  });
}
