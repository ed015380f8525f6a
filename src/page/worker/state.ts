import { kindName } from '../../contract/tasks/index.ts';
import type { ApiJob } from '../../local-api/contract/jobs.ts';
import { type LiveStatus, STATE_NAMES, type WorkerState } from '../../local-api/contract/status.ts';
import { clockSeconds, countdown, duration, hostOf } from '../format.ts';
import type { GlyphName } from '../kit/icons/icons.tsx';
import type { Tone } from '../kit/tones.ts';
import { PHASES, SHELL } from '../words/shared.ts';
import { STATUS } from '../words/status.ts';
import type { ApiLink } from '../../local-api/client/follow-events.ts';

/** One state of the worker, as sidebar and page show it: a shape, a word and a colour. */
export interface StateLook {
  readonly tone: Tone;
  readonly glyph: GlyphName;
  readonly word: string;
}

const LOOKS: Readonly<Record<WorkerState, { readonly tone: Tone; readonly glyph: GlyphName }>> = {
  'not-registered': { tone: 'rest', glyph: 'unregistered' },
  waiting: { tone: 'accent', glyph: 'waiting' },
  rejected: { tone: 'bad', glyph: 'rejected' },
  disconnected: { tone: 'bad', glyph: 'offline' },
  draining: { tone: 'busy', glyph: 'draining' },
  busy: { tone: 'busy', glyph: 'busy' },
  paused: { tone: 'rest', glyph: 'paused' },
  idle: { tone: 'ok', glyph: 'idle' },
};

const CONNECTING = { tone: 'accent', glyph: 'waiting', word: SHELL.connecting } as const;

/** Whether what is shown is what the worker said just now. */
export const isLive = (link: ApiLink): boolean => link.is === 'live';

/** A session that has not been up yet is no lost one. */
const isConnecting = ({ hero, session }: LiveStatus): boolean =>
  hero === 'disconnected' && session.state === 'connecting';

/** The state in the sidebar, where what was last known is no longer what is. */
export function sidebarLook(link: ApiLink, status: LiveStatus | undefined): StateLook {
  if (link.is === 'opening' && status === undefined) return CONNECTING;
  if (link.is !== 'live' || status === undefined) return { ...LOOKS.disconnected, word: STATE_NAMES.disconnected };
  return stateLook(status);
}

/** The state in the page's big statement. */
export function stateLook(status: LiveStatus): StateLook {
  if (isConnecting(status)) return CONNECTING;
  return { ...LOOKS[status.hero], word: STATE_NAMES[status.hero] };
}

/** What the big statement says below its word. */
export function stateSentence(status: LiveStatus, now: number): string {
  const studio = hostOf(status.studioUrl);
  switch (status.hero) {
    case 'not-registered':
      return STATUS.say.notRegistered(studio);
    case 'waiting':
      return waitingSentence(status, studio, now);
    case 'rejected':
      return STATUS.say.rejected(studio);
    case 'disconnected':
      return sessionSentence(status, studio, now);
    case 'draining':
      return status.stopping ? STATUS.say.stopping : STATUS.say.draining(studio);
    case 'busy':
      return status.activeJobs.some(({ source }) => source === 'studio')
        ? STATUS.say.busy(studio)
        : STATUS.say.busyLocal;
    case 'paused':
      return status.enabled ? STATUS.say.paused(studio) : STATUS.say.off(studio);
    case 'idle':
      return status.obstacles.length > 0 ? STATUS.say.limited(studio) : STATUS.say.idle(studio);
    default:
      return status.hero satisfies never;
  }
}

function waitingSentence({ registration }: LiveStatus, studio: string, now: number): string {
  if (registration.state !== 'pending') return STATUS.say.connecting(studio);
  return STATUS.say.waiting(studio, clockSeconds(registration.since), duration(now - registration.since));
}

function sessionSentence({ session }: LiveStatus, studio: string, now: number): string {
  if (session.state === 'reconnecting') {
    return STATUS.say.reconnecting(studio, session.attempt, countdown(session.retryAt - now));
  }
  const isOver = session.state === 'auth_failed' || session.state === 'fatal' || session.state === 'stopped';
  return isOver ? STATUS.say.ended : STATUS.say.connecting(studio);
}

/** The two lines below the word in the sidebar. */
export function sidebarSentence(link: ApiLink, status: LiveStatus | undefined, now: number): string {
  const what = SHELL.what;
  if (link.is === 'signed-out') return what.signedOut;
  if (link.is === 'lost') {
    const span = duration(link.lastAt === undefined ? 0 : now - link.lastAt);
    return link.nextAt === undefined ? what.unreachableNow(span) : what.unreachable(span, countdown(link.nextAt - now));
  }
  if (link.is === 'opening' || status === undefined) return what.opening;
  return liveSentence(status, now);
}

function liveSentence(status: LiveStatus, now: number): string {
  const what = SHELL.what;
  const studio = hostOf(status.studioUrl);
  const { registration } = status;
  const [job, ...others] = status.activeJobs;
  switch (status.hero) {
    case 'not-registered':
      return what.notRegistered(studio);
    case 'waiting':
      return what.waiting(duration(registration.state === 'pending' ? now - registration.since : 0));
    case 'rejected':
      return what.rejected(studio);
    case 'disconnected':
      return status.session.state === 'reconnecting'
        ? what.reconnecting(countdown(status.session.retryAt - now))
        : status.session.state === 'connecting'
          ? what.connecting(studio)
          : what.ended;
    case 'draining':
      return status.stopping ? what.stopping : what.draining;
    case 'busy':
      if (job === undefined) return what.idle(studio);
      return others.length > 0 ? what.jobs(others.length + 1) : `${jobProgress(job)}\n${job.model}`;
    case 'paused':
      return status.enabled ? what.paused : what.off;
    case 'idle':
      return status.obstacles.length > 0 ? what.limited : what.idle(studio);
    default:
      return status.hero satisfies never;
  }
}

/** How far a job is, in words: `Image, step 13 of 20`, or what it does where nothing is counted. */
export function jobProgress({ kind, phase, progress }: ApiJob): string {
  if (phase === 'running' && progress !== undefined) {
    return SHELL.what.step(kindName(kind), progress.done, progress.total);
  }
  return SHELL.what.phase(kindName(kind), PHASES[phase ?? 'running']);
}

/** From 0 to 1, and undefined while nobody knows. */
export const shareOf = ({ phase, progress }: ApiJob): number | undefined =>
  phase === 'running' && progress !== undefined ? progress.share : undefined;
