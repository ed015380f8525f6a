import { expect, test } from 'bun:test';
import { type JobId, toJobId } from '../../../../src/base/ids.ts';
import { MIB } from '../../../../src/base/units.ts';
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import { accept, type OutboundFrame } from '../../../../src/contract/frames/outbound.ts';
import type { LogEntry } from '../../../../src/contract/log-entry.ts';
import { createShipBuffer } from '../../../../src/log/ship-buffer.ts';
import type { Claiming } from '../../../../src/studio/session/advertising.ts';
import { createSession } from '../../../../src/studio/session/driver.ts';
import type { Credentials, SessionReceiver, SessionStatus } from '../../../../src/studio/session/session.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { FakeSockets } from '../../../fakes/studio/fake-sockets.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

const approved: Credentials = { apiBaseUrl: 'https://studio.example', workerId: 'w-1', authToken: 't0k3n' };
const WELCOME = '{"type":"welcome","workerId":"w-1","serverTime":"now","features":["resume"]}';
const entry = (message: string): LogEntry => ({
  ts: '2026-05-25T12:00:00.000Z',
  level: 'info',
  category: 'ws',
  message,
});

function setup() {
  const clock = new FakeClock();
  const log = recordingLogger();
  const sockets = new FakeSockets(clock);
  const shipBuffer = createShipBuffer();
  const told: string[] = [];
  const statuses: SessionStatus[] = [];
  const world: {
    credentials: Credentials | undefined;
    capabilities: Capabilities;
    jobs: readonly JobId[];
    claiming: Claiming;
    onLost: () => void;
  } = {
    credentials: approved,
    capabilities: {
      machineName: 'rig-01',
      username: 'webber',
      agentVersion: '0.5.0',
      engine: 'multi',
      vramTotalGb: 8,
      vramThresholdGb: 12,
      autoEnabled: true,
      autoStart: true,
      supportedModels: ['synthetic'],
      taskKinds: ['llm'],
    },
    jobs: [],
    claiming: 'on',
    onLost: () => void told.push('lost'),
  };
  const receiver: SessionReceiver = {
    onWelcome: ({ features }) => void told.push(`welcome ${features.join(',')}`),
    onOffer: (offer) => void told.push(`offer ${offer.jobId}`),
    onAck: (ack) => void told.push(ack.type),
    onHeartbeatAck: (ack) => void told.push(ack.type),
    onLost: () => world.onLost(),
  };
  const session = createSession({
    sockets,
    clock,
    random: { unit: () => 0.5 },
    log,
    credentials: () => world.credentials,
    capabilities: ({ features, maxParallelJobs }) =>
      features.includes('extensionEngines')
        ? {
            ...world.capabilities,
            ...(maxParallelJobs === undefined ? {} : { maxParallelJobs }),
            extensionEngines: ['piper'],
            taskKinds: [...(world.capabilities.taskKinds ?? []), 'audio_tts'],
          }
        : world.capabilities,
    claiming: () => world.claiming,
    currentJobIds: () => world.jobs,
    shipBuffer,
    onStatus: (status) => void statuses.push(status),
    onRevoked: ({ workerId, reason }) => void told.push(`revoked ${workerId}: ${reason}`),
    maxFailures: 0,
  });
  const start = (): void => session.start([receiver]);
  const goLive = (): void => {
    start();
    welcome();
  };
  const welcome = (): void => {
    sockets.last.open();
    sockets.last.text(WELCOME);
  };
  const frames = (): OutboundFrame[] => sockets.last.sent.map((text) => JSON.parse(text) as OutboundFrame);
  const types = (): string[] => frames().map((frame) => frame.type);
  return { clock, log, sockets, shipBuffer, told, statuses, world, session, start, goLive, welcome, frames, types };
}

test('a socket is opened with the token, the sub-protocol and our name', () => {
  const { start, sockets } = setup();
  start();
  start();
  expect(sockets.all).toHaveLength(1);
  expect(sockets.last.options).toMatchObject({
    url: 'wss://studio.example/graphics/api/workers/w-1/connect',
    protocol: 'studio-worker-v1',
    headers: { authorization: 'Bearer t0k3n', 'user-agent': expect.stringMatching(/^studio-worker\/\d/) },
  });
});

test('every move of the session is reported once, with state and wait', () => {
  const { statuses, goLive, sockets, session } = setup();
  goLive();
  sockets.last.cut();
  void session.stop();
  expect(statuses).toEqual([
    { at: 'connecting' },
    { at: 'greeting' },
    { at: 'live' },
    { at: 'backing-off', failures: 1, retryInMs: 1_125, because: 'disconnected' },
    { at: 'stopped' },
  ]);
});

test('without credentials the session waits until there are some', () => {
  const { start, session, sockets, world } = setup();
  world.credentials = undefined;
  start();
  session.credentialsChanged();
  expect(session.status()).toEqual({ at: 'idle' });
  world.credentials = approved;
  session.credentialsChanged();
  expect(session.status()).toEqual({ at: 'connecting' });
  expect(sockets.all).toHaveLength(1);
});

test('credentials that vanish between two sockets are waited for again', () => {
  const { start, session, sockets, world, clock } = setup();
  start();
  sockets.last.cut();
  world.credentials = undefined;
  clock.advance(1_125);
  expect(session.status()).toEqual({ at: 'idle' });
  expect(clock.armed).toBe(0);
});

test('approval before the start opens nothing', () => {
  const { session, sockets } = setup();
  session.credentialsChanged();
  expect(sockets.all).toHaveLength(0);
});

test('a studio URL that cannot carry a session counts as a failure', () => {
  const { start, session, world, log } = setup();
  world.credentials = { ...approved, apiBaseUrl: 'ftp://nope/' };
  start();
  expect(session.status()).toEqual({
    at: 'backing-off',
    failures: 1,
    retryInMs: 1_125,
    because: 'the studio URL is not http(s)',
  });
  expect(log.names()).toEqual(['session.connect-failed', 'session.lost']);
});

test('a good session tells its story in three lines', () => {
  const { goLive, log, world } = setup();
  world.capabilities = { ...world.capabilities, vramThresholdGb: 8 };
  goLive();
  expect(log.events.map(({ level, event }) => `${level} ${event}`)).toEqual([
    'info session.connecting',
    'info capabilities.advertised',
    'info session.welcomed',
  ]);
  expect(log.find('session.connecting')?.fields).toEqual({
    url: 'wss://studio.example/graphics/api/workers/w-1/connect',
  });
  expect(log.find('capabilities.advertised')?.fields).toEqual({
    engine: 'multi',
    vramTotalGb: 8,
    vramThresholdGb: 8,
    autoEnabled: true,
    onlyWhenIdle: false,
    userPresence: 'unknown',
    kinds: ['llm'],
    modelEngines: [],
    models: ['synthetic'],
  });
  expect(log.find('session.welcomed')?.fields).toEqual({ workerId: 'w-1', serverTime: 'now', features: ['resume'] });
});

test('a threshold above the detected memory is warned about once', () => {
  const { goLive, welcome, sockets, clock, log } = setup();
  goLive();
  sockets.last.cut();
  clock.advance(1_125);
  welcome();
  expect(log.names().filter((name) => name === 'threshold.exceeds-vram')).toHaveLength(1);
  expect(log.names().filter((name) => name === 'capabilities.advertised')).toHaveLength(1);
});

test('changed capabilities are logged again with the next heartbeat', () => {
  const { goLive, world, clock, log } = setup();
  const advertised = () => log.events.filter(({ event }) => event === 'capabilities.advertised');
  goLive();
  world.capabilities = { ...world.capabilities, userPresence: 'active', autoEnabled: false };
  clock.advance(5_000);
  expect(advertised()).toHaveLength(1); // neither is a change of what is offered
  world.capabilities = { ...world.capabilities, taskKinds: ['llm', 'mesh'] };
  clock.advance(5_000);
  expect(advertised()).toHaveLength(2);
  expect(advertised()[1]?.fields).toMatchObject({ kinds: ['llm', 'mesh'], userPresence: 'active' });
});

test('features of the studio widen what is advertised, and nothing is logged for that', () => {
  const { start, sockets, clock, world, log } = setup();
  const advertised = () => log.names().filter((name) => name === 'capabilities.advertised').length;
  start();
  sockets.last.open();
  const features = ['extensionEngines'];
  sockets.last.text(JSON.stringify({ type: 'welcome', workerId: 'w-1', serverTime: 'now', features }));
  clock.advance(5_000);
  expect(advertised()).toBe(1);
  world.capabilities = { ...world.capabilities, vramThresholdGb: 6 };
  clock.advance(5_000);
  expect(advertised()).toBe(2);
});

test('unknown memory is no reason to warn', () => {
  const { goLive, world, log } = setup();
  world.capabilities = { ...world.capabilities, vramTotalGb: 0 };
  goLive();
  expect(log.find('threshold.exceeds-vram')).toBeUndefined();
});

test('a studio that names the feature receives more engines from the first heartbeat on', () => {
  const { start, sockets, clock, frames, welcome } = setup();
  start();
  sockets.last.open();
  const features = ['extensionEngines'];
  sockets.last.text(JSON.stringify({ type: 'welcome', workerId: 'w-1', serverTime: 'now', features }));
  expect(frames()[0]).not.toHaveProperty('capabilities.extensionEngines');
  expect(frames()[1]).toMatchObject({ type: 'heartbeat', capabilities: { extensionEngines: ['piper'] } });

  sockets.last.cut();
  clock.advance(1_125);
  welcome(); // by a studio that does not name it
  expect(frames().map(({ type }) => type)).toEqual(['hello', 'heartbeat']);
  for (const frame of frames()) expect(frame).not.toHaveProperty('capabilities.extensionEngines');
});

test('each heartbeat carries the capabilities and the job of the moment', () => {
  const { goLive, world, clock, frames } = setup();
  goLive();
  world.capabilities = { ...world.capabilities, autoEnabled: false };
  world.jobs = [toJobId('job-9')];
  clock.advance(5_000);
  const beats = frames().filter((frame) => frame.type === 'heartbeat');
  expect(beats[0]).not.toHaveProperty('currentJobId');
  expect(beats[1]).toMatchObject({ currentJobId: 'job-9', capabilities: { autoEnabled: false } });
});

test('a studio that lets a worker have several jobs is told of all', () => {
  const { start, sockets, clock, frames, world, welcome } = setup();
  world.jobs = ['job-1', 'job-2', 'job-3'].map(toJobId);
  start();
  sockets.last.open();
  const told = { features: ['extensionEngines'], max_parallel_jobs: 4 };
  sockets.last.text(JSON.stringify({ type: 'welcome', workerId: 'w-1', serverTime: 'now', ...told }));
  expect(frames()[0]).not.toHaveProperty('capabilities.maxParallelJobs');
  expect(frames()[1]).toMatchObject({
    capabilities: { maxParallelJobs: 4 },
    currentJobId: 'job-1',
    currentJobIds: world.jobs,
  });

  sockets.last.cut();
  clock.advance(1_125);
  welcome(); // by a studio that knows of one job
  expect(frames()[1]).toMatchObject({ currentJobId: 'job-1' });
  expect(frames()[1]).not.toHaveProperty('currentJobIds');
});

test('a limit of no use is logged, and one job is named', () => {
  const { start, sockets, frames, world, log } = setup();
  world.jobs = ['job-1', 'job-2'].map(toJobId);
  start();
  sockets.last.open();
  sockets.last.text('{"type":"welcome","workerId":"w-1","serverTime":"now","max_parallel_jobs":"4"}');
  expect(frames()[1]).not.toHaveProperty('currentJobIds');
  expect(log.find('welcome.limit-ignored')).toMatchObject({ level: 'warn', fields: { problem: expect.any(String) } });
});

test('a change of claiming is sent at once when asked, and logged once', () => {
  const { goLive, session, world, log, types } = setup();
  goLive();
  world.claiming = 'paused';
  session.beat();
  session.beat();
  expect(types()).toEqual(['hello', 'heartbeat', 'heartbeat', 'heartbeat']);
  expect(log.events.filter(({ event }) => event === 'claiming.changed').map(({ fields }) => fields)).toEqual([
    { claiming: 'paused', before: 'on' },
  ]);
});

test('a worker that claims nothing because it stops logs no change of claiming', () => {
  const { goLive, session, world, log, frames } = setup();
  goLive();
  world.capabilities = { ...world.capabilities, autoEnabled: false };
  session.beat();
  expect(frames().at(-1)).toMatchObject({ capabilities: { autoEnabled: false } });
  expect(log.find('claiming.changed')).toBeUndefined();
});

test('a change of claiming between two sockets is no change of either', () => {
  const { goLive, welcome, sockets, clock, world, log } = setup();
  goLive();
  sockets.last.cut();
  world.claiming = 'off';
  clock.advance(1_125);
  welcome();
  expect(log.find('claiming.changed')).toBeUndefined();
});

test('frames are sent only while the session is live', () => {
  const { session, sockets, goLive } = setup();
  const frame = accept(toJobId('job-1'));
  expect(session.send(frame)).toBe(false);
  goLive();
  expect(session.send(frame)).toBe(true);
  expect(sockets.last.sent.at(-1)).toBe('{"type":"accept","jobId":"job-1"}');
  sockets.last.cut();
  expect(session.send(frame)).toBe(false);
});

test('frames of an earlier socket are ignored', () => {
  const { goLive, welcome, sockets, session, clock, told } = setup();
  goLive();
  const first = sockets.last;
  first.deaf = true;
  clock.advance(20_000);
  clock.advance(1_125);
  welcome();
  first.text('{"type":"failAck","jobId":"j"}');
  first.hangUp(4001, 'too late');
  expect(session.status()).toEqual({ at: 'live' });
  expect(told).toEqual(['welcome resume', 'lost', 'welcome resume']);
});

test('log entries that could not be sent go back in front', () => {
  const { goLive, sockets, shipBuffer, clock } = setup();
  goLive();
  const refuses = sockets.last;
  refuses.send = () => false;
  shipBuffer.push(entry('first'));
  shipBuffer.push(entry('second'));
  clock.advance(1_000);
  expect(shipBuffer.take().map(({ message }) => message)).toEqual(['first', 'second']);
});

test('a congested link keeps logs back and a free one takes them', () => {
  const { goLive, sockets, shipBuffer, clock, types } = setup();
  goLive();
  sockets.last.bufferedBytes = MIB + 1;
  shipBuffer.push(entry('patient'));
  clock.advance(1_000);
  expect(types()).not.toContain('logBatch');
  sockets.last.bufferedBytes = 0;
  clock.advance(1_000);
  expect(types()).toContain('logBatch');
});

test('the last flush ships everything, crowded or not', async () => {
  const { goLive, sockets, shipBuffer, session, types } = setup();
  goLive();
  sockets.last.bufferedBytes = 2 * MIB;
  for (let count = 0; count < 450; count++) shipBuffer.push(entry('last words'));
  await session.stop();
  expect(types().filter((type) => type === 'logBatch')).toHaveLength(3);
  expect(sockets.last.left).toEqual({ code: 1000, reason: 'session ended' });
});

test('a studio that ignores the goodbye holds a stop up for five seconds', async () => {
  const { goLive, sockets, session, clock } = setup();
  goLive();
  sockets.last.deaf = true;
  let stopped = false;
  void session.stop().then(() => (stopped = true));
  await clock.advanceAsync(4_999);
  expect(stopped).toBe(false);
  await clock.advanceAsync(1);
  expect(stopped).toBe(true);
  expect(clock.armed).toBe(0);
});

test('a stop does not wait for sockets that were left before', async () => {
  const { goLive, sockets, session, clock } = setup();
  goLive();
  sockets.last.deaf = true;
  clock.advance(20_000);
  await session.stop();
  expect(await session.ended).toEqual({ because: 'stopped' });
});

test('a stop before the start ends the session for good', async () => {
  const { start, session, sockets } = setup();
  await Promise.all([session.stop(), session.stop()]);
  start();
  expect(session.status()).toEqual({ at: 'stopped' });
  expect(sockets.all).toHaveLength(0);
});

test('a final close is logged with its code and reason, and ends it', async () => {
  const { goLive, sockets, session, clock, log, told } = setup();
  goLive();
  sockets.last.text('{"type":"error","code":"duplicate_worker","message":"another session took over"}');
  expect(await session.ended).toEqual({ because: 'refused', code: 4003, message: 'another session took over' });
  expect(session.status()).toEqual({ at: 'refused', code: 4003, because: 'another session took over' });
  expect(log.events.slice(-2).map(({ event, fields }) => ({ event, fields }))).toEqual([
    { event: 'studio.reported-error', fields: { code: 'duplicate_worker', message: 'another session took over' } },
    { event: 'session.refused', fields: { code: 4003, reason: 'another session took over' } },
  ]);
  expect(told.at(-1)).toBe('lost');
  expect(clock.armed).toBe(0);
});

test('a listener that throws costs the socket and not the session', async () => {
  const { goLive, sockets, session, clock, log, world } = setup();
  goLive();
  world.onLost = () => {
    throw new Error('listener broke');
  };
  sockets.last.cut();
  expect(log.find('session.faulted')?.fields).toEqual({ error: 'listener broke' });
  clock.advance(1_125);
  expect(session.status()).toEqual({ at: 'connecting' });
  await session.stop();
});

test('a listener that throws at the end does not end the session twice', async () => {
  const { goLive, sockets, session, log, world } = setup();
  goLive();
  world.onLost = () => {
    throw new Error('listener broke');
  };
  sockets.last.hangUp(4003, 'taken over');
  expect(await session.ended).toMatchObject({ because: 'refused', code: 4003 });
  expect(log.names().slice(-2)).toEqual(['session.refused', 'session.faulted']);
});

test('a revoked registration ends the socket, and the next one opens with other credentials', () => {
  const { goLive, session, sockets, world, told } = setup();
  goLive();
  sockets.last.text('{"type":"error","code":"worker_deleted","message":"the operator deleted this worker"}');
  expect(told.slice(-2)).toEqual(['revoked w-1: the operator deleted this worker', 'lost']);
  expect(session.status()).toEqual({ at: 'idle' });
  const before = sockets.last;
  world.credentials = { ...approved, workerId: 'w-2' };
  session.credentialsChanged();
  expect(sockets.last).not.toBe(before);
  expect(session.status()).toEqual({ at: 'connecting' });
});

test('close 4004 and a 404 on the upgrade revoke the registration', () => {
  const { goLive, session, sockets, told, clock } = setup();
  goLive();
  sockets.last.hangUp(4004, 'deleted');
  expect(told).toContain('revoked w-1: server closed 4004: deleted');
  session.credentialsChanged();
  sockets.last.refuse(404, '{"error":"worker not found"}');
  expect(told.at(-1)).toBe('revoked w-1: the upgrade was answered with status 404: {"error":"worker not found"}');
  clock.advance(3_600_000);
  expect(session.status()).toEqual({ at: 'idle' });
});

test('capabilities that cannot be read are retried with backoff', () => {
  const { start, session, sockets, world, log } = setup();
  start();
  Object.defineProperty(world, 'capabilities', {
    get() {
      throw new Error('no such engine');
    },
  });
  sockets.last.open();
  expect(session.status()).toMatchObject({ at: 'backing-off', failures: 1 });
  expect(log.find('session.lost')?.fields['reason']).toBe('no such engine');
});

test('a fault during the goodbye still ends the session', async () => {
  const { goLive, session, shipBuffer, clock } = setup();
  goLive();
  shipBuffer.push(entry('x'));
  shipBuffer.take = () => {
    throw new Error('queue broke');
  };
  await session.stop();
  expect(await session.ended).toEqual({ because: 'stopped' });
  await settle();
  expect(clock.armed).toBe(0);
});
