import type { FileProgress } from '../../models/store/options.ts';
import { redraw } from './demo-view.ts';
import { travelLines, travelNews, withProgress, type Travels } from './model-view.ts';
import { printLines } from '../output.ts';
import type { World } from '../world.ts';

/** How often bars are drawn anew. */
const FRAME_MS = 100;

/** Shows how files get here: bars on a terminal, plain lines in a pipe, nothing when the result is for a program. */
export interface ProgressView {
  readonly report: (progress: FileProgress) => void;
  /** Draws once more and no further. */
  stop(): void;
}

export function showProgress({ terminal, clock }: Pick<World, 'terminal' | 'clock'>, silent: boolean): ProgressView {
  if (silent) return { report: () => {}, stop: () => {} };
  let travels: Travels = new Map();
  const { stdout } = terminal;
  let drawn = 0;
  const draw = (): void => {
    const lines = travelLines(travels, clock.now(), stdout.columns);
    stdout.write(redraw(lines, drawn));
    drawn = lines.length;
  };
  let disarm = (): void => {};
  const turn = (): void => {
    draw();
    disarm = clock.after(FRAME_MS, turn);
  };
  if (stdout.isTty) turn();
  return {
    report(progress) {
      const before = travels.get(progress.filename);
      travels = withProgress(travels, progress, clock.now());
      const now = travels.get(progress.filename);
      const line = stdout.isTty || now === undefined ? undefined : travelNews(before, now, clock.now());
      if (line !== undefined) printLines(terminal, line);
    },
    stop() {
      disarm();
      if (stdout.isTty) draw();
    },
  };
}
