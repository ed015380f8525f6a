import { expect, test } from 'bun:test';
import { afterBeat, afterEnd, afterNotNow } from '../../../../src/local-studio/queue/readiness.ts';

test('a worker is ready from its first heartbeat on', () => {
  expect([afterBeat('greeted', true), afterBeat('greeted', false)]).toEqual(['ready', 'ready']);
});

test('a worker that said "not now" is asked after a heartbeat with space', () => {
  expect(afterNotNow('ready')).toBe('cooling');
  expect([afterBeat('cooling', false), afterBeat('cooling', true)]).toEqual(['cooling', 'ready']);
});

test('an ended job makes only a worker ready that said "not now"', () => {
  const after = (['greeted', 'ready', 'cooling', 'gone'] as const).map(afterEnd);
  expect(after).toEqual(['greeted', 'ready', 'ready', 'gone']);
});

test('nothing brings back a session that is gone', () => {
  expect([afterBeat('gone', true), afterNotNow('gone'), afterEnd('gone')]).toEqual(['gone', 'gone', 'gone']);
});
