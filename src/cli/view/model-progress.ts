import type { FileProgress } from '../../models/store/options.ts';
import { transferLines, transferUpdate, withProgress, type Transfers } from './model-view.ts';
import { redraw } from './redraw.ts';
import { printLines } from '../output.ts';
import type { World } from '../world.ts';

/** How often bars are drawn anew. */
const FRAME_MS = 100;

/** Shows the progress of downloads: bars on a terminal, plain lines in a pipe, nothing when the result is for a program. */
export interface ProgressView {
  readonly report: (progress: FileProgress) => void;
  /** Draws once more, then stops. Idempotent. */
  stop(): void;
}

/** Draws the downloads over each other until `stop`. `quiet` for output that a program reads. */
export function showProgress({ terminal, clock }: Pick<World, 'terminal' | 'clock'>, quiet: boolean): ProgressView {
  if (quiet) return { report: () => {}, stop: () => {} };
  let transfers: Transfers = new Map();
  const { stdout } = terminal;
  let drawn = 0;
  const draw = (): void => {
    const lines = transferLines(transfers, clock.elapsed(), stdout.columns);
    stdout.write(redraw(lines, drawn));
    drawn = lines.length;
  };
  let disarm = (): void => {};
  let isOver = false;
  const turn = (): void => {
    draw();
    disarm = clock.after(FRAME_MS, turn);
  };
  if (stdout.isTty) turn();
  return {
    report(progress) {
      const before = transfers.get(progress.filename);
      transfers = withProgress(transfers, progress, clock.elapsed());
      const now = transfers.get(progress.filename);
      const line = stdout.isTty || now === undefined ? undefined : transferUpdate(before, now, clock.elapsed());
      if (line !== undefined) printLines(terminal, line);
    },
    stop() {
      disarm();
      if (stdout.isTty && !isOver) draw();
      isOver = true;
    },
  };
}
