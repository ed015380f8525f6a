import { kindName } from '../contract/tasks/index.ts';
import { SECOND_MS } from '../base/units.ts';
import type { ApiLink } from '../local-api/client/follow-events.ts';
import { type LiveStatus, STATE_NAMES, type WorkerState } from '../local-api/contract/status.ts';
import type { TrayIcon, TrayLook, TrayMenuItem } from '../system/desktop/tray/tray.ts';
import { TRAY } from './words.ts';

/** What the tray icon knows of the worker. */
export interface WatchedWorker {
  readonly link: ApiLink['is'];
  /** The last one that came. */
  readonly status: LiveStatus | undefined;
  /** A service manager keeps the worker: it does not end with the icon. */
  readonly isService: boolean;
  /** The operator quit, and the worker finishes its job. */
  readonly isQuitting: boolean;
}

/** What a line of the menu does. */
export const TRAY_ACTIONS = ['open', 'pause', 'resume', 'quit'] as const;
export type TrayAction = (typeof TRAY_ACTIONS)[number];

/** A heartbeat goes out every five seconds; after three without an answer nobody knows whether the studio is there. */
export const STALE_MS = 3 * 5 * SECOND_MS;

const ICONS: Readonly<Record<WorkerState, TrayIcon>> = {
  'not-registered': 'paused',
  waiting: 'paused',
  rejected: 'disconnected',
  disconnected: 'disconnected',
  draining: 'busy',
  busy: 'busy',
  paused: 'paused',
  idle: 'idle',
};

interface State {
  readonly icon: TrayIcon;
  readonly word: string;
  readonly text: string;
}

/** Everything that the icon shows at a moment. */
export function trayLook(view: WatchedWorker, now: number): TrayLook {
  const { icon, word, text } = stateOf(view, now);
  return { icon, title: TRAY.title(word), text, menu: menuOf(view, text === '' ? word : `${word}: ${text}`) };
}

function stateOf({ link, status, isQuitting }: WatchedWorker, now: number): State {
  if (isQuitting) return { icon: 'busy', word: TRAY.stopping, text: jobText(status) };
  if (link === 'opening') return { icon: 'disconnected', word: TRAY.opening, text: '' };
  if (link !== 'live' || status === undefined) return { icon: 'disconnected', word: TRAY.unreachable, text: '' };
  const silentMs = silenceOf(status, now);
  if (silentMs >= STALE_MS) {
    const text = TRAY.silent(Math.round(silentMs / SECOND_MS));
    return { icon: 'disconnected', word: STATE_NAMES.disconnected, text };
  }
  return { icon: ICONS[status.hero], word: STATE_NAMES[status.hero], text: jobText(status) };
}

/** For how long a session that counts as live has had no answer; 0 where the studio answers no heartbeats at all. */
function silenceOf({ session, heartbeat }: LiveStatus, now: number): number {
  if (session.state !== 'connected' || heartbeat?.outcome !== 'ok') return 0;
  return now - Math.max(heartbeat.lastAttemptAt, session.since);
}

function jobText(status: LiveStatus | undefined): string {
  const [job, ...more] = status?.activeJobs ?? [];
  if (job === undefined) return '';
  return more.length > 0 ? TRAY.jobs(more.length + 1) : TRAY.running(kindName(job.kind), job.model);
}

function menuOf({ link, status, isService, isQuitting }: WatchedWorker, state: string): readonly TrayMenuItem[] {
  const line = (label: string, action: TrayAction, enabled = true): TrayMenuItem => ({
    is: 'line',
    label,
    action,
    enabled,
  });
  const isLive = link === 'live' && status !== undefined && !isQuitting;
  return [
    { is: 'line', label: state, enabled: false },
    { is: 'separator' },
    line(TRAY.open, 'open', !isQuitting),
    status?.paused === true ? line(TRAY.resume, 'resume', isLive) : line(TRAY.pause, 'pause', isLive),
    { is: 'separator' },
    line(quitLabel({ isLive, isService, isQuitting }), 'quit'),
  ];
}

/** A line says what it does: quitting the icon of a service leaves the worker alone. */
function quitLabel(about: {
  readonly isLive: boolean;
  readonly isService: boolean;
  readonly isQuitting: boolean;
}): string {
  if (about.isQuitting) return TRAY.stopNow;
  if (about.isService) return TRAY.quitOnly;
  return about.isLive ? TRAY.quitAndStop : TRAY.quit;
}
