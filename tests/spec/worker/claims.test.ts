import { expect, test } from 'bun:test';
import { toJobId } from '../../../src/base/ids.ts';
import { accept, completeJson, fail, type OutboundFrame, reject } from '../../../src/contract/frames/outbound.ts';
import { createClaims } from '../../../src/worker/claims.ts';

const job = toJobId('job-1');

function setup() {
  const sent: OutboundFrame[] = [];
  const line = { live: true };
  const claims = createClaims({ send: (frame) => line.live && sent.push(frame) > 0 });
  return { claims, sent, line };
}

test('a result goes out for a job this session accepted', () => {
  const { claims, sent } = setup();
  claims.send(accept(job));
  expect(claims.send(completeJson(job, { text: 'hi' }, 'p'))).toBe(true);
  expect(sent.map((frame) => frame.type)).toEqual(['accept', 'completeJson']);
});

test('after a lost socket the old claim is never spoken of', () => {
  const { claims, sent } = setup();
  claims.send(accept(job));
  claims.onLost();
  expect(claims.send(completeJson(job, 1, 'p'))).toBe(false);
  expect(claims.send(fail(job, 'oom', true))).toBe(false);
  expect(sent.map((frame) => frame.type)).toEqual(['accept']);
});

test('a claim the studio still holds may be completed on the new session', () => {
  const { claims } = setup();
  claims.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: job, held: true } });
  expect(claims.send(completeJson(job, 1, 'p'))).toBe(true);
});

test('a claim the studio let go is dropped', () => {
  const { claims } = setup();
  claims.send(accept(job));
  claims.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: job, held: false } });
  expect(claims.holds(job)).toBe(false);
});

test('an outcome is reported once', () => {
  const { claims } = setup();
  claims.send(accept(job));
  expect(claims.send(fail(job, 'oom', true))).toBe(true);
  expect(claims.send(fail(job, 'oom', true))).toBe(false);
});

test('an accept that was not sent holds nothing', () => {
  const { claims, line } = setup();
  line.live = false;
  expect(claims.send(accept(job))).toBe(false);
  expect(claims.holds(job)).toBe(false);
});

test('a rejection needs no claim', () => {
  const { claims } = setup();
  expect(claims.send(reject(job, { code: 'busy', reason: 'busy' }))).toBe(true);
});

test('a job delivered by upload is not held for ever', () => {
  const { claims } = setup();
  claims.send(accept(job));
  claims.release(job);
  expect(claims.holds(job)).toBe(false);
});
