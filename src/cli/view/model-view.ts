import { formatBytes, formatDuration, SECOND_MS } from '../../base/units.ts';
import type { FileProgress } from '../../models/store/options.ts';
import { cutToWidth, onOneLine } from './text-width.ts';

/** What is known of one file on its way, and since when its phase lasts. */
export interface Travel extends FileProgress {
  readonly sinceMs: number;
  /** What was there when the phase began: a resumed download did not fetch that now. */
  readonly fromBytes: number;
}

/** All files of one command, by name, in the order they were first heard of. */
export type Travels = ReadonlyMap<string, Travel>;

/** The picture after some news. */
export function withProgress(travels: Travels, progress: FileProgress, nowMs: number): Travels {
  const before = travels.get(progress.filename);
  const goesOn = before?.phase === progress.phase;
  const { sinceMs, fromBytes } = goesOn ? before : { sinceMs: nowMs, fromBytes: progress.doneBytes };
  return new Map(travels).set(progress.filename, { ...progress, sinceMs, fromBytes });
}

/** Together with rate and time left these fit the eighty columns that a terminal has at least. */
const BAR_WIDTH = 14;
const NAME_WIDTH = 22;
/** A rate over less time says nothing. */
const LEAST_MS = SECOND_MS / 2;

/** One line per file, none wider than the screen. */
export const travelLines = (travels: Travels, nowMs: number, columns: number): readonly string[] =>
  [...travels.values()].map((travel) => cutToWidth(travelLine(travel, nowMs), Math.max(0, columns - 1)));

function travelLine(travel: Travel, nowMs: number): string {
  const { filename, phase, doneBytes, totalBytes } = travel;
  const name = cutToWidth(onOneLine(filename), NAME_WIDTH).padEnd(NAME_WIDTH);
  if (phase === 'wait') return `${name} waiting for another process that fetches it`;
  if (phase === 'ready') return `${name} ready, ${formatBytes(doneBytes)}`;
  const share = totalBytes === undefined ? undefined : doneBytes / Math.max(1, totalBytes);
  const bar = share === undefined ? '' : `${barOf(share)} ${String(Math.floor(100 * share)).padStart(3)} % `;
  const what = phase === 'verify' ? 'verified' : formatBytes(doneBytes);
  return `${name} ${bar}${what}${paceOf(travel, nowMs)}`;
}

function barOf(share: number): string {
  const done = Math.round(Math.min(1, share) * BAR_WIDTH);
  return '█'.repeat(done) + '░'.repeat(BAR_WIDTH - done);
}

/** The rate of this phase and the time left, once they can be told. */
function paceOf({ sinceMs, fromBytes, doneBytes, totalBytes }: Travel, nowMs: number): string {
  const tookMs = nowMs - sinceMs;
  const perMs = (doneBytes - fromBytes) / tookMs;
  if (tookMs < LEAST_MS || !(perMs > 0)) return '';
  const left =
    totalBytes === undefined || doneBytes >= totalBytes
      ? ''
      : `, ${formatDuration((totalBytes - doneBytes) / perMs)} left`;
  return `, ${formatBytes(Math.round(perMs * SECOND_MS))}/s${left}`;
}

/** How far a download must get to be worth another line in a pipe. */
const STEP = 0.1;

/** One line for a pipe or a log; undefined when there is nothing to say since the last one. */
export function travelNews(before: Travel | undefined, now: Travel, nowMs: number): string | undefined {
  if (before?.phase !== now.phase) return travelPlain(now, nowMs);
  const total = now.totalBytes;
  if (total === undefined || now.phase === 'ready') return undefined;
  const step = (bytes: number): number => Math.floor(bytes / total / STEP);
  return step(before.doneBytes) === step(now.doneBytes) ? undefined : travelPlain(now, nowMs);
}

function travelPlain(travel: Travel, nowMs: number): string {
  const { filename, phase, doneBytes, totalBytes } = travel;
  const share = totalBytes === undefined ? '' : ` ${Math.floor((100 * doneBytes) / Math.max(1, totalBytes))} %`;
  const amount =
    phase === 'wait' ? '' : `${phase === 'ready' ? '' : share} ${formatBytes(doneBytes)}${paceOf(travel, nowMs)}`;
  return `${onOneLine(filename)}: ${phase}${amount}`;
}
