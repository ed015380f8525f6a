import { expect, test } from 'bun:test';
import { readConfig } from '../../../../src/config/read.ts';
import { createScheduler } from '../../../../src/jobs/scheduler.ts';
import type { TrialStep } from '../../../../src/release/update/trial.ts';
import { createWorkerEvents } from '../../../../src/worker/events.ts';
import { inTrial } from '../../../../src/worker/rules/trial.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

const REGISTERED = 'worker_id = "w-1"\nauth_token = "t0k3n"\n';

/** The parts of a new version, over parts that name what reached them. */
function setup(registration = REGISTERED) {
  const text = `api_base_url = "https://studio.test"\nvram_threshold_gb = 12.0\n${registration}`;
  const current = readConfig(text, '/c/config.toml', { homeDir: '/home/ada', tempDir: '/tmp' });
  const [did, steps]: [string[], TrialStep[]] = [[], []];
  const by = (name: string) => () => void did.push(name);
  const events = createWorkerEvents(recordingLogger());
  const scheduler = createScheduler({ clock: new FakeClock() });
  const parts = inTrial(
    {
      registration: { start: by('register'), status: () => ({ at: 'pristine' }), approved: Promise.resolve() },
      receivers: {
        claims: { onHeartbeatAck: by('claims'), onLost: by('claims') },
        onWelcome: by('welcome'),
        onHeartbeatAck: by('ack'),
        onLost: by('lost'),
        pipeline: { onOffer: by('offer'), onHeartbeatAck: by('pipeline'), onLost: by('pipeline') },
        delivery: {
          onWelcome: by('deliver'),
          onAck: by('deliver'),
          onHeartbeatAck: by('deliver'),
          onLost: by('deliver'),
        },
      },
      delivery: {
        deliverPending: () => Promise.resolve(void did.push('deliver')),
        pending: () => ({ count: 3, sizeBytes: 300 }),
        space: () => 'unread',
      },
    },
    { clearance: () => Promise.resolve(), report: (step) => void steps.push(step) },
    { config: { current }, link: { onWelcome: by('link') }, scheduler, events },
  );
  return { parts, did, steps, events, scheduler };
}

test('a version on trial takes no job until it stops', () => {
  const { events, scheduler } = setup();
  expect(scheduler.refusal({ origin: 'studio' })?.is).toBe('refused');
  events.emit({ is: 'stopping' });
  expect(scheduler.refusal({ origin: 'studio' })).toBe(undefined);
});

test('a version on trial reports how far its session came', () => {
  const { events, steps } = setup();
  events.emit({ is: 'session', status: { at: 'idle' } });
  events.emit({ is: 'session', status: { at: 'connecting' } });
  events.emit({ is: 'heartbeat' });
  expect(steps).toEqual(['connecting', 'served']);
});

test('a version on trial registers nobody', () => {
  const fresh = setup('');
  fresh.parts.registration.start();
  expect([fresh.did, fresh.steps]).toEqual([[], ['would-register']]);
  const known = setup();
  known.parts.registration.start();
  expect([known.did, known.steps]).toEqual([['register'], []]);
});

test('a version on trial leaves finished results to the version that stays', async () => {
  const { parts, did } = setup();
  await parts.delivery.deliverPending();
  parts.receivers.delivery.onLost();
  expect(parts.delivery.pending()).toEqual({ count: 0, sizeBytes: 0 });
  expect(did).toEqual([]);
});
