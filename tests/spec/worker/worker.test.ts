import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toJobId, toModelId, toWorkerId } from '../../../src/base/ids.ts';
import { TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import type { EngineName } from '../../../src/contract/model-source.ts';
import { decorate } from '../../../src/engines/decorate.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { createRegistry, findEngine } from '../../../src/engines/registry.ts';
import type { Lease } from '../../../src/jobs/slots/lease.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import type { OutboxSpace } from '../../../src/studio/delivery/outbox.ts';
import type { SessionEnd, SessionReceiver } from '../../../src/studio/session/session.ts';
import { type CapabilitySources, describeCapabilities } from '../../../src/worker/capabilities.ts';
import { createHistory } from '../../../src/worker/history.ts';
import { EVERYTHING } from '../../fakes/offer-facts.ts';
import { createStopping } from '../../../src/worker/stop-driver.ts';
import { createWorker } from '../../../src/worker/worker.ts';
import { anOffer } from '../../fakes/builders.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';

/** A worker whose registration, session and delivery end when the test says so. */
function setup(space: OutboxSpace = 'free', leave = () => Promise.resolve()) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const scheduler = createScheduler({ clock });
  const hold = (purpose: string): Lease => {
    const lease = scheduler.reserve({ origin: 'studio', purpose });
    if (lease.is === 'refused') throw new WorkerError('internal', 'no slot');
    return lease;
  };
  const did: string[] = [];
  const by = (name: string) => () => void did.push(name);
  const receivers: SessionReceiver[] = [];
  const approval = Promise.withResolvers<void>();
  const delivered = Promise.withResolvers<void>();
  const sessionEnd = Promise.withResolvers<SessionEnd>();
  const stopping = createStopping({ scheduler, clock, log, graceMs: () => 60_000 });
  stopping.connect({
    onStopping: () => did.push('stopping'),
    onHandingBack: () => did.push('hand back'),
    leave: () => {
      did.push('leave');
      return leave();
    },
  });
  const worker = createWorker({
    clock,
    log,
    stopping,
    history: createHistory(),
    registration: {
      start: () => did.push('register'),
      status: () => ({ at: 'pristine' }),
      approved: approval.promise,
    },
    session: {
      start(its) {
        did.push('connect');
        receivers.push(...its);
      },
      status: () => ({ at: 'live' }),
      ended: sessionEnd.promise,
    },
    receivers: {
      claims: { onHeartbeatAck: by('claims'), onLost: by('claims') },
      delivery: {
        onWelcome: by('delivery'),
        onAck: by('delivery'),
        onHeartbeatAck: by('delivery'),
        onLost: by('delivery'),
      },
      pipeline: { onOffer: by('pipeline'), onHeartbeatAck: by('pipeline'), onLost: by('pipeline') },
      onWelcome: by('worker'),
      onHeartbeatAck: by('worker'),
      onLost: () => undefined,
    },
    delivery: {
      deliverPending: () => delivered.promise,
      pending: () => ({ count: 2, sizeBytes: 10 }),
      space: () => space,
    },
    jobs: { running: () => [] },
    facts: () => ({
      pid: 1,
      configPath: '/c',
      enabled: true,
      paused: false,
      conditions: [],
      workerId: toWorkerId('w-1'),
      vramTotalGb: 24,
      vramThresholdGb: 12,
      modelEngines: ['synthetic'],
      extensionEngines: [],
      models: [],
    }),
  });
  return { clock, log, hold, did, receivers, approval, delivered, sessionEnd, stopping, worker };
}

/** A worker whose session has started; `received` is who receives what, in order. */
async function connected() {
  const { worker, did, receivers, approval, delivered } = setup();
  void worker.run();
  approval.resolve();
  delivered.resolve();
  await settle();
  did.length = 0;
  return { receivers, received: did };
}

test('claims are counted before anybody may send on them', async () => {
  const { receivers, received } = await connected();
  const ack = { type: 'heartbeatAck', claim: { jobId: toJobId('job-1'), held: true } } as const;
  for (const receiver of receivers) receiver.onHeartbeatAck?.(ack);
  expect(received).toEqual(['claims', 'pipeline', 'delivery', 'worker']);
});

test('claims go with their socket before anybody learns of its loss', async () => {
  const { receivers, received } = await connected();
  for (const receiver of receivers) receiver.onLost?.();
  expect(received).toEqual(['claims', 'pipeline', 'delivery']);
});

test('what a studio offers is known before a result is delivered to it', async () => {
  const { receivers, received } = await connected();
  const welcome = { type: 'welcome', workerId: toWorkerId('w-1'), serverTime: 'now', features: [] } as const;
  for (const receiver of receivers) receiver.onWelcome?.({ ...welcome, features: [] });
  expect(received).toEqual(['worker', 'delivery']);
});

test('an offer is for the pipeline and an acknowledgement for delivery', async () => {
  const { receivers, received } = await connected();
  for (const receiver of receivers) receiver.onOffer?.(anOffer());
  for (const receiver of receivers) receiver.onAck?.({ type: 'completeAck', jobId: toJobId('job-1') });
  expect(received).toEqual(['pipeline', 'delivery']);
});

test('results of an earlier run are delivered before the first session opens', async () => {
  const { worker, did, approval, delivered, stopping } = setup();
  const running = worker.run();
  approval.resolve();
  await settle();
  expect(did).toEqual(['register']);
  delivered.resolve();
  await settle();
  expect(did).toEqual(['register', 'connect']);
  stopping.signal();
  expect(await running).toBe(0);
});

test('results too many to be known yet do not hold up the session', async () => {
  const { worker, did, approval } = setup('unread');
  void worker.run();
  approval.resolve();
  await settle();
  expect(did).toEqual(['register', 'connect']);
});

test('an unreachable studio does not hold up the session for long', async () => {
  const { worker, did, approval, clock } = setup();
  void worker.run();
  approval.resolve();
  await settle();
  clock.advance(10_000);
  await settle();
  expect(did).toEqual(['register', 'connect']);
});

test('a stop while waiting for approval exits 0 without ever connecting', async () => {
  const { worker, did, stopping } = setup();
  const running = worker.run();
  stopping.signal();
  expect(await running).toBe(0);
  expect(did).toEqual(['register', 'stopping', 'leave']);
});

test('a stop before the start begins nothing', async () => {
  const { worker, did, stopping } = setup();
  stopping.signal();
  expect(await worker.run()).toBe(0);
  expect(did).toEqual(['stopping', 'leave']);
});

test('a refused session ends the process with 77 and says what to do', async () => {
  const { worker, log, approval, delivered, sessionEnd } = setup();
  const running = worker.run();
  approval.resolve();
  delivered.resolve();
  sessionEnd.resolve({ because: 'refused', code: 4001, message: 'token revoked' });
  expect(await running).toBe(77);
  expect(log.find('worker.refused')?.fields.remedy).toContain('studio-worker register --reset');
});

test('a second worker with this registration is the remedy of close code 4003', async () => {
  const { worker, log, approval, delivered, sessionEnd } = setup();
  const running = worker.run();
  approval.resolve();
  delivered.resolve();
  sessionEnd.resolve({ because: 'refused', code: 4003, message: 'took over' });
  await running;
  expect(log.find('worker.refused')?.fields.remedy).toContain('Stop the other worker');
});

test('a reconnect cap that is reached ends with a temporary failure', async () => {
  const { worker, approval, delivered, sessionEnd } = setup();
  const running = worker.run();
  approval.resolve();
  delivered.resolve();
  sessionEnd.resolve({ because: 'gave-up', failures: 6 });
  expect(await running).toBe(75);
});

test('the first signal waits for the running job and then leaves', async () => {
  const { worker, hold, stopping, did, clock } = setup();
  const running = worker.run();
  const held = hold('job-1');
  stopping.signal();
  expect(stopping.underway).toBe(true);
  expect(did).toEqual(['register', 'stopping']);
  held[Symbol.dispose]();
  expect(await running).toBe(0);
  expect(clock.armed).toBe(0);
});

test('a worker whose parts fail to end says so, and exits all the same', async () => {
  const { worker, stopping, log } = setup('free', () => Promise.reject(new Error('the log is closed')));
  const running = worker.run();
  stopping.signal();
  expect(await running).toBe(0);
  expect(log.find('stop.failed')).toMatchObject({ level: 'warn', fields: { error: 'the log is closed' } });
});

test('the second signal cancels the job and waits until it is handed back', async () => {
  const { worker, hold, stopping, did, log } = setup();
  const running = worker.run();
  const held = hold('job-1');
  stopping.signal();
  stopping.signal();
  expect(held.signal.aborted).toBe(true);
  expect(did.at(-1)).toBe('hand back');
  expect(log.find('job.handed-back')?.fields.jobId).toBe('job-1');
  held[Symbol.dispose]();
  expect(await running).toBe(0);
});

test('the grace of the first signal is bounded', () => {
  const { worker, hold, stopping, clock } = setup();
  void worker.run();
  const held = hold('job-1');
  stopping.signal();
  clock.advance(60_000);
  expect(held.signal.aborted).toBe(true);
});

test('the third signal exits at once although the job still hangs', async () => {
  const { worker, hold, stopping } = setup();
  const running = worker.run();
  hold('job-1');
  stopping.signal();
  stopping.signal();
  stopping.signal();
  expect(await running).toBe(130);
});

test('the status is one consistent picture of the worker', () => {
  const { worker } = setup();
  expect(worker.status()).toMatchObject({
    version: '0.5.0',
    workerId: 'w-1',
    session: { at: 'live' },
    runningJobs: [],
    outbox: { count: 2 },
  });
});

const capabilitySources: CapabilitySources = {
  machineName: 'rig',
  userName: 'ann',
  vramTotalGb: 24,
  vramThresholdGb: 12,
  autoEnabled: true,
  autoStart: true,
  autoUpdate: true,
  startMinimised: true,
  onlyWhenIdle: false,
  userPresence: undefined,
  choice: EVERYTHING,
  engines: [new ScriptedEngine()],
  withExtensions: false,
  maxParallelJobs: undefined,
};

test('capabilities list what the engines serve and leave unknown presence out', () => {
  const capabilities = describeCapabilities(capabilitySources);
  expect(capabilities).toMatchObject({
    username: 'ann',
    engine: 'multi',
    agentVersion: '0.5.0',
    taskKinds: ['image', 'llm'],
    supportedModels: ['synthetic'],
    supportedModelsPerKind: { image: ['synthetic'], llm: ['synthetic'] },
  });
  expect('userPresence' in capabilities).toBe(false);
});

const engineNamed = (id: EngineName): Engine => ({ ...decorate(new ScriptedEngine(), {}), id });
const PIPER_FIRST = [engineNamed('piper'), engineNamed('synthetic'), engineNamed('gradio'), engineNamed('sd-cpp')];

test('engines are advertised in the order of the contract, our own left out', () => {
  const capabilities = describeCapabilities({ ...capabilitySources, engines: PIPER_FIRST });
  expect(capabilities.modelEngines).toEqual(['sd-cpp', 'synthetic']);
  expect(Object.keys(capabilities).at(-1)).toBe('modelEngines');
});

test('a studio that asks receives our own engines in their own field', () => {
  const capabilities = describeCapabilities({ ...capabilitySources, engines: PIPER_FIRST, withExtensions: true });
  expect(capabilities.modelEngines).toEqual(['sd-cpp', 'synthetic']);
  expect(capabilities.extensionEngines).toEqual(['piper', 'gradio']);
});

test('the number of jobs taken is told to studios that allow several', () => {
  expect(describeCapabilities({ ...capabilitySources, maxParallelJobs: 4 }).maxParallelJobs).toBe(4);
  expect(describeCapabilities(capabilitySources)).not.toHaveProperty('maxParallelJobs');
});

test('every engine advertised is one that an offer can be routed to', () => {
  const registry = createRegistry(PIPER_FIRST);
  const { modelEngines = [], extensionEngines } = describeCapabilities({
    ...capabilitySources,
    engines: PIPER_FIRST,
    withExtensions: true,
  });
  const routed = [...modelEngines, ...(extensionEngines ?? [])].map((name) => {
    const kind = TASK_KIND_IDS.find((id) => findEngine(PIPER_FIRST, name)?.models[id] !== undefined);
    return registry.get({ engine: name as EngineName, model: toModelId('m'), kind: kind ?? 'image' }).id;
  });
  expect(routed.toSorted()).toEqual(['gradio', 'piper', 'sd-cpp', 'synthetic']);
});

test('a studio is told whether this worker starts with its machine', () => {
  expect(describeCapabilities(capabilitySources).autoStart).toBe(true);
  expect(describeCapabilities({ ...capabilitySources, autoStart: false }).autoStart).toBe(false);
});
