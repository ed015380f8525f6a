import { expect, test } from 'bun:test';
import type { LiveStatus } from '../../../src/local-api/contract/status.ts';
import { WORKER_STATES } from '../../../src/local-api/contract/status.ts';
import { stateLook } from '../../../src/page/worker/state.ts';
import { STALE_MS, trayLook, type WatchedWorker } from '../../../src/ui/look.ts';
import { BUSY, IDLE } from '../../page/fixtures.ts';

const NOW = Date.UTC(2026, 4, 25, 12);
const CONNECTED: LiveStatus = {
  ...IDLE,
  session: { state: 'connected', since: NOW - 60_000 },
  heartbeat: { outcome: 'ok', lastAttemptAt: NOW - 5_000 },
};
const view = (about: Partial<WatchedWorker> = {}): WatchedWorker => ({
  link: 'live',
  status: CONNECTED,
  isService: false,
  isQuitting: false,
  ...about,
});
const linesOf = (about: Partial<WatchedWorker>): readonly string[] =>
  trayLook(view(about), NOW).menu.flatMap((item) =>
    item.is === 'line' ? [`${item.label}${item.enabled ? '' : ' (off)'}`] : [],
  );

test('each state of a worker has its icon', () => {
  const icons = WORKER_STATES.map(
    (hero) => [hero, trayLook(view({ status: { ...CONNECTED, hero } }), NOW).icon] as const,
  );
  expect(Object.fromEntries(icons)).toEqual({
    'not-registered': 'paused',
    waiting: 'paused',
    rejected: 'disconnected',
    disconnected: 'disconnected',
    draining: 'busy',
    busy: 'busy',
    paused: 'paused',
    idle: 'idle',
  });
});

test('the tray calls each state as the window does', () => {
  for (const hero of WORKER_STATES) {
    const status = { ...CONNECTED, hero };
    expect(trayLook(view({ status }), NOW).title).toBe(`studio-worker: ${stateLook(status).word}`);
  }
});

test('a worker that does not answer is red, whatever it said last', () => {
  for (const link of ['opening', 'lost', 'signed-out'] as const) {
    expect(trayLook(view({ link }), NOW).icon).toBe('disconnected');
  }
  expect(trayLook(view({ status: undefined }), NOW).icon).toBe('disconnected');
});

test('three heartbeats without an answer turn the icon red', () => {
  const answeredAt = CONNECTED.heartbeat?.lastAttemptAt ?? 0;
  expect(trayLook(view(), answeredAt + STALE_MS - 1).icon).toBe('idle');
  expect(trayLook(view(), answeredAt + STALE_MS)).toMatchObject({
    icon: 'disconnected',
    title: 'studio-worker: Disconnected',
    text: 'No answer from the studio for 15s',
  });
});

test('a studio that answers no heartbeats, or a new session, is not stale', () => {
  expect(trayLook(view({ status: { ...CONNECTED, heartbeat: null } }), NOW + 600_000).icon).toBe('idle');
  const renewed: LiveStatus = { ...CONNECTED, session: { state: 'connected', since: NOW } };
  expect(trayLook(view({ status: renewed }), NOW + STALE_MS - 1).icon).toBe('idle');
});

test('the first line of the menu names the running job, or counts them', () => {
  const status: LiveStatus = { ...CONNECTED, hero: 'busy', activeJobs: BUSY.activeJobs };
  const [job] = BUSY.activeJobs;
  expect(linesOf({ status })[0]).toBe(`Busy: Image, ${job!.model} (off)`);
  expect(linesOf({ status: { ...status, activeJobs: [job!, job!] } })[0]).toBe('Busy: 2 jobs (off)');
});

test('the menu offers what can be done now, and says what quitting does', () => {
  expect(linesOf({})).toEqual(['Idle (off)', 'Open window', 'Pause', 'Quit and stop the worker']);
  expect(linesOf({ status: { ...CONNECTED, hero: 'paused', paused: true } })).toEqual([
    'Paused (off)',
    'Open window',
    'Resume',
    'Quit and stop the worker',
  ]);
  expect(linesOf({ isService: true }).at(-1)).toBe('Quit; the service keeps running');
  expect(linesOf({ link: 'lost' })).toEqual(['Worker not reachable (off)', 'Open window', 'Pause (off)', 'Quit']);
  expect(linesOf({ isQuitting: true })).toEqual([
    'Stopping the worker (off)',
    'Open window (off)',
    'Pause (off)',
    'Stop now',
  ]);
});
