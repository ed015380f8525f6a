import { expect } from 'bun:test';
import { readFile, writeFile } from 'node:fs/promises';
import { standIns } from '../../fakes/service/stand-ins.ts';
import { listenForDatagrams } from '../../fakes/service/datagrams.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../needs.ts';
import { setupStudio } from '../harness.ts';
import { waitFor } from '../wait-for.ts';

const test = needs(LINUX);

test('a worker under a service manager reports from its start to its end', async () => {
  await using folder = await tempFolder();
  await using scene = await setupStudio();
  const socket = folder.at('notify');
  using manager = listenForDatagrams(socket);
  const seen: string[] = [];
  const heard = (text: string) => (): boolean => {
    seen.push(...manager.received());
    return seen.some((datagram) => datagram.includes(text));
  };
  const worker = await scene.spawnWorker({ variables: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' } });
  const story = (): string => seen.join('') + worker.stderr();
  await waitFor('a live session in the status line', heard('STATUS=connected, no job'), story);
  expect(seen).toContain('READY=1\n');
  expect(seen).toContain('WATCHDOG=1\n');
  worker.kill('SIGTERM');
  await waitFor('the announcement of the stop', heard('STOPPING=1'), story);
  expect(await worker.exited).toBe(0);
});

test('a second worker of one folder starts and ends without a failure', async () => {
  await using folder = await tempFolder();
  await using scene = await setupStudio();
  const first = await scene.spawnWorker();
  await first.logged('worker.started');
  const socket = folder.at('notify');
  using manager = listenForDatagrams(socket);
  const second = await scene.spawnWorker({ folder: first.folder, variables: { NOTIFY_SOCKET: socket } });
  expect(await second.exited).toBe(0);
  expect(manager.received()).toEqual(['READY=1\nSTATUS=another worker runs with this config\n']);
});

test('another memory ceiling reaches the running service at once', async () => {
  await using folder = await tempFolder();
  await using scene = await setupStudio();
  const socket = folder.at('notify');
  using _manager = listenForDatagrams(socket);
  const system = await standIns(folder.at('system'), 'systemctl');
  const worker = await scene.spawnWorker({
    variables: { NOTIFY_SOCKET: socket, PATH: `${system.folder}:${process.env['PATH']}` },
  });
  await worker.logged('session.connecting');
  const text = await readFile(worker.configPath, 'utf8');
  await writeFile(worker.configPath, `memory_max_gb = 24\n${text.replace(/^#? ?memory_max_gb = .*$/m, '')}`);
  await worker.logged('service.ceiling-changed');
  expect(await system.calls()).toContain(
    'systemctl --user set-property --runtime minis-studio-worker.service MemoryHigh=22118M MemoryMax=24G',
  );
});
