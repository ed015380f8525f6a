import { formatBytes, formatDuration, SECOND_MS } from '../../base/units.ts';
import type { FileProgress } from '../../models/store/options.ts';
import { cutToWidth, onOneLine } from './text-width.ts';

/** What is known of one file, and since when its phase lasts. */
export interface Transfer extends FileProgress {
  readonly sinceMs: number;
  /** What was there when the phase began: a resumed download did not fetch that now. */
  readonly fromBytes: number;
}

/** All files of one command, by name, in the order of their first report. */
export type Transfers = ReadonlyMap<string, Transfer>;

/** The transfers after one report. */
export function withProgress(transfers: Transfers, progress: FileProgress, nowMs: number): Transfers {
  const before = transfers.get(progress.filename);
  const continues = before?.phase === progress.phase;
  const { sinceMs, fromBytes } = continues ? before : { sinceMs: nowMs, fromBytes: progress.doneBytes };
  return new Map(transfers).set(progress.filename, { ...progress, sinceMs, fromBytes });
}

/** Together with rate and time left these fit the eighty columns that a terminal has at least. */
const BAR_WIDTH = 14;
const NAME_WIDTH = 22;
/** A rate over less time means nothing. */
const MIN_RATE_MS = SECOND_MS / 2;

/** One line per file, none wider than the screen. */
export const transferLines = (transfers: Transfers, nowMs: number, columns: number): readonly string[] =>
  [...transfers.values()].map((transfer) => cutToWidth(transferLine(transfer, nowMs), Math.max(0, columns - 1)));

function transferLine(transfer: Transfer, nowMs: number): string {
  const { filename, phase, doneBytes, totalBytes } = transfer;
  const name = cutToWidth(onOneLine(filename), NAME_WIDTH).padEnd(NAME_WIDTH);
  if (phase === 'wait') return `${name} waiting for another process to download it`;
  if (phase === 'ready') return `${name} ready, ${formatBytes(doneBytes)}`;
  const share = totalBytes === undefined ? undefined : doneBytes / Math.max(1, totalBytes);
  const bar = share === undefined ? '' : `${barOf(share)} ${String(Math.floor(100 * share)).padStart(3)} % `;
  const what = phase === 'verify' ? 'verified' : formatBytes(doneBytes);
  return `${name} ${bar}${what}${paceOf(transfer, nowMs)}`;
}

function barOf(share: number): string {
  const done = Math.round(Math.min(1, share) * BAR_WIDTH);
  return '█'.repeat(done) + '░'.repeat(BAR_WIDTH - done);
}

/** The rate of this phase and the time left, once they can be estimated. */
function paceOf({ sinceMs, fromBytes, doneBytes, totalBytes }: Transfer, nowMs: number): string {
  const tookMs = nowMs - sinceMs;
  const perMs = (doneBytes - fromBytes) / tookMs;
  if (tookMs < MIN_RATE_MS || !(perMs > 0)) return '';
  const left =
    totalBytes === undefined || doneBytes >= totalBytes
      ? ''
      : `, ${formatDuration((totalBytes - doneBytes) / perMs)} left`;
  return `, ${formatBytes(Math.round(perMs * SECOND_MS))}/s${left}`;
}

/** How far a download must get to be worth another line in a pipe. */
const STEP = 0.1;

/** One line for a pipe or a log; undefined when nothing changed since the last one. */
export function transferUpdate(before: Transfer | undefined, now: Transfer, nowMs: number): string | undefined {
  if (before?.phase !== now.phase) return plainLine(now, nowMs);
  const total = now.totalBytes;
  if (total === undefined || now.phase === 'ready') return undefined;
  const step = (bytes: number): number => Math.floor(bytes / total / STEP);
  return step(before.doneBytes) === step(now.doneBytes) ? undefined : plainLine(now, nowMs);
}

function plainLine(transfer: Transfer, nowMs: number): string {
  const { filename, phase, doneBytes, totalBytes } = transfer;
  const share = totalBytes === undefined ? '' : ` ${Math.floor((100 * doneBytes) / Math.max(1, totalBytes))} %`;
  const amount =
    phase === 'wait' ? '' : `${phase === 'ready' ? '' : share} ${formatBytes(doneBytes)}${paceOf(transfer, nowMs)}`;
  return `${onOneLine(filename)}: ${phase}${amount}`;
}
