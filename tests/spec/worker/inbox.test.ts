import { expect, test } from 'bun:test';
import { toJobId } from '../../../src/base/ids.ts';
import { createInbox } from '../../../src/worker/inbox.ts';
import { anOffer } from '../../fakes/builders.ts';

/** An inbox whose receivers write down who was called, in order. */
function setup() {
  const inbox = createInbox();
  const calls: string[] = [];
  const by = (name: string) => () => void calls.push(name);
  inbox.connect({
    claims: { onHeartbeatAck: by('claims'), onLost: by('claims') },
    delivery: {
      onWelcome: by('delivery'),
      onAck: by('delivery'),
      onHeartbeatAck: by('delivery'),
      onLost: by('delivery'),
    },
    pipeline: { onOffer: by('pipeline'), onHeartbeatAck: by('pipeline'), onLost: by('pipeline') },
    onWelcome: by('worker'),
  });
  return { inbox, calls };
}

test('claims are counted before anybody may send on them', () => {
  const { inbox, calls } = setup();
  inbox.events.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('job-1'), held: true } });
  expect(calls).toEqual(['claims', 'pipeline', 'delivery']);
});

test('claims go with their socket before anybody is told of its loss', () => {
  const { inbox, calls } = setup();
  inbox.events.onLost();
  expect(calls).toEqual(['claims', 'delivery', 'pipeline']);
});

test('what a studio offers is known before a result is delivered to it', () => {
  const { inbox, calls } = setup();
  inbox.events.onWelcome({ type: 'welcome', workerId: 'w-1', serverTime: 'now', features: [] } as never);
  expect(calls).toEqual(['worker', 'delivery']);
});

test('an offer is for the pipeline and an acknowledgement for delivery', () => {
  const { inbox, calls } = setup();
  inbox.events.onOffer(anOffer());
  inbox.events.onAck({ type: 'completeAck', jobId: toJobId('job-1') });
  expect(calls).toEqual(['pipeline', 'delivery']);
});
