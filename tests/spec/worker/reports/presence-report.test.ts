import { expect, test } from 'bun:test';
import { createPresenceReport, type PresenceReport } from '../../../../src/worker/reports/presence-report.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

type Reading = Parameters<PresenceReport['onReading']>;

const IDLE: Reading = [{ is: 'known', idleMs: 130_000, source: 'Mutter' }, 'idle'];
const ACTIVE: Reading = [{ is: 'known', idleMs: 9, source: 'Mutter' }, 'active'];
const UNKNOWN: Reading = [{ is: 'unknown', reasons: ['Mutter: hung up'] }, undefined];

function setup(wish: { onlyWhenIdle: boolean }) {
  const log = recordingLogger();
  const report = createPresenceReport(log, () => wish.onlyWhenIdle);
  return { log, report, logged: () => log.events.map(({ event, fields }) => [event, fields]) };
}

test('each change of presence is logged once while offers depend on it', () => {
  const { report, logged } = setup({ onlyWhenIdle: true });
  for (const reading of [ACTIVE, ACTIVE, IDLE, UNKNOWN, UNKNOWN, IDLE]) report.onReading(...reading);
  expect(logged()).toEqual([
    ['presence.changed', { presence: 'active', source: 'Mutter' }],
    ['presence.changed', { presence: 'idle', source: 'Mutter' }],
    ['presence.unknown', { reasons: ['Mutter: hung up'] }],
    ['presence.changed', { presence: 'idle', source: 'Mutter' }],
  ]);
});

test('presence is logged from the moment on that offers depend on it', () => {
  const wish = { onlyWhenIdle: false };
  const { report, logged } = setup(wish);
  report.onSwitched();
  report.onReading(...UNKNOWN);
  expect(logged()).toEqual([]);
  wish.onlyWhenIdle = true;
  report.onSwitched();
  expect(logged()).toEqual([['presence.unknown', { reasons: ['Mutter: hung up'] }]]);
});
