import { expect } from 'bun:test';
import { reportToService } from '../../../../src/worker/reports/service-report.ts';
import { openServiceNotify } from '../../../../src/system/process/service-notify.ts';
import { createWorkerEvents, type WorkerEvents } from '../../../../src/worker/events.ts';
import type { WorkerStatus } from '../../../../src/worker/status.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { type Datagrams, listenForDatagrams } from '../../../fakes/service/datagrams.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../../needs.ts';
import { aWorker } from '../../cli/a-worker.ts';

const test = needs(LINUX);

interface Scene extends AsyncDisposable {
  readonly manager: Datagrams;
  readonly clock: FakeClock;
  readonly events: WorkerEvents;
  readonly report: Disposable;
  become(status: Partial<WorkerStatus>): void;
  handOver(): void;
}

/** A worker under a service manager that wants to hear from it every 90 s. */
async function aScene(): Promise<Scene> {
  const folder = await tempFolder();
  const socket = folder.at('notify');
  const manager = listenForDatagrams(socket);
  const variables: Readonly<Record<string, string>> = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '90000000' };
  const notify = await openServiceNotify({
    platform: 'linux',
    arch: process.arch,
    pid: process.pid,
    get: (name) => variables[name],
  });
  if (notify === undefined) throw new Error('the socket was not opened');
  const clock = new FakeClock();
  const events = createWorkerEvents(recordingLogger());
  let status = aWorker();
  let handsOver = false;
  const report = reportToService({
    notify,
    events,
    status: () => status,
    stopMs: () => 90_000,
    clock,
    isHandingOver: () => handsOver,
  });
  return {
    manager,
    clock,
    events,
    report,
    handOver: () => void (handsOver = true),
    become: (changed) => void (status = aWorker(changed)),
    async [Symbol.asyncDispose]() {
      report[Symbol.dispose]();
      manager[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a worker handing over to an update is not reported stopping', async () => {
  await using scene = await aScene();
  scene.manager.received();
  scene.handOver();
  scene.become({ stopping: true });
  scene.events.emit({ is: 'stopping' });
  expect(scene.manager.received().join('')).not.toContain('STOPPING');
});

test('the service manager is notified that the worker is ready and what it does', async () => {
  await using scene = await aScene();
  expect(scene.manager.received()).toEqual(['READY=1\n', 'WATCHDOG=1\n', 'STATUS=connected, no job\n']);
  const status = { at: 'backing-off', failures: 1, retryInMs: 2_000, because: 'silence' } as const;
  scene.become({ session: status });
  scene.events.emit({ is: 'session', status });
  expect(scene.manager.received()).toEqual(['STATUS=reconnecting in 2.0 s after 1 failed attempts\n']);
});

test('the watchdog is fed while heartbeats are acknowledged, and not beyond', async () => {
  await using scene = await aScene();
  scene.clock.advance(60_000);
  scene.events.emit({ is: 'heartbeat' });
  scene.manager.received();
  scene.clock.advance(60_000);
  expect(scene.manager.received()).toEqual(['WATCHDOG=1\n', 'WATCHDOG=1\n']);
  scene.clock.advance(600_000);
  expect(scene.manager.received()).toEqual([]);
});

test('the watchdog is fed for hours while nobody has approved the worker', async () => {
  await using scene = await aScene();
  scene.become({ session: { at: 'idle' }, registration: { at: 'pending', requestId: 'r', since: 0 } });
  scene.clock.advance(30_000);
  scene.manager.received();
  for (let half = 0; half < 120; half++) {
    scene.clock.advance(30_000);
    expect(scene.manager.received()).toEqual(['WATCHDOG=1\n']);
  }
});

test('a stop is announced with the time that it may take', async () => {
  await using scene = await aScene();
  scene.manager.received();
  scene.become({ stopping: true });
  scene.events.emit({ is: 'stopping' });
  expect(scene.manager.received()).toEqual(['STOPPING=1\nEXTEND_TIMEOUT_USEC=90000000\n', 'STATUS=stopping\n']);
});

test('nothing is sent once the worker has ended', async () => {
  await using scene = await aScene();
  scene.manager.received();
  scene.report[Symbol.dispose]();
  scene.events.emit({ is: 'stopping' });
  scene.clock.advance(600_000);
  expect(scene.manager.received()).toEqual([]);
});
