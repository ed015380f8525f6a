import type { DemoEvent } from '../../demo/play.ts';
import type { Terminal } from '../../system/terminal.ts';
import { command, LOG_ARGS } from '../command.ts';
import {
  allCompleted,
  boardLines,
  EMPTY_BOARD,
  newsLine,
  redraw,
  resultTable,
  withNews,
  type DemoBoard,
} from '../demo-view.ts';
import { printLines, printTable } from '../output.ts';
import type { World } from '../world.ts';

/** How often the spinner turns. */
const FRAME_MS = 80;

/** The main job in one command: a studio, a worker and one job of each kind. */
export const demo = command({
  summary: 'Start a studio and a worker here, run one job of each kind and show the results',
  examples: ['studio-worker demo', 'studio-worker demo --out ./results --keep'],
  exits: [
    { code: 1, means: 'a job failed, or the demonstration was stopped before the end' },
    { code: 69, means: 'the studio or the worker of the demonstration did not start' },
    { code: 73, means: 'the artifacts cannot be written' },
  ],
  args: {
    out: {
      type: 'string',
      valueHint: 'folder',
      default: './studio-worker-demo',
      description: 'Where the artifacts are written',
    },
    keep: { type: 'boolean', description: 'Leave studio and worker running; print URL and operator token' },
    ...LOG_ARGS,
  },
  run: async (args, world) => {
    const { terminal } = world;
    const started = await world.demo({
      outDir: args.out,
      logFormat: args['log-format'],
      logLevel: args['log-level'],
    });
    try {
      const board = await show(started.events, world);
      printTable(terminal, resultTable(board));
      if (args.keep && board.size > 0) {
        printLines(terminal, '', `studio:          ${started.url}`, `operator token:  ${started.operatorToken}`);
        printLines(terminal, 'Press Ctrl-C to stop.');
        await started.stopAsked;
      }
      return allCompleted(board) ? 0 : 1;
    } finally {
      // Also after a failure: nobody else knows of the studio and the worker that were started here.
      await started.stop();
    }
  },
});

/** Shows events until there are no more: redrawn in place on a terminal, otherwise one line per change of state. */
async function show(events: AsyncIterable<DemoEvent>, world: World): Promise<DemoBoard> {
  const { terminal } = world;
  let board = EMPTY_BOARD;
  const animation = terminal.stdout.isTty ? animate(() => board, world) : undefined;
  try {
    for await (const event of events) {
      const before = board;
      board = withNews(before, event);
      const line = newsLine(before.get(event.jobId), board.get(event.jobId) ?? event);
      if (animation !== undefined) animation.draw();
      else if (line !== undefined) printLines(terminal, line);
    }
  } finally {
    animation?.stop();
  }
  printLines(terminal, '');
  return board;
}

/** The board on a terminal, drawn over itself. */
interface Animation {
  draw(): void;
  /** Draws once more and turns no further. */
  stop(): void;
}

function animate(board: () => DemoBoard, { terminal, clock }: Pick<World, 'terminal' | 'clock'>): Animation {
  let frame = 0;
  let drawn = 0;
  const draw = (): void => {
    const lines = boardLines(board(), { frame, ...lookOf(terminal) });
    terminal.stdout.write(redraw(lines, drawn));
    drawn = lines.length;
  };
  let disarm = clock.after(FRAME_MS, turn);
  function turn(): void {
    frame += 1;
    draw();
    disarm = clock.after(FRAME_MS, turn);
  }
  return {
    draw,
    stop: () => {
      disarm();
      draw();
    },
  };
}

const lookOf = ({ stdout }: Terminal): { readonly columns: number; readonly colour: boolean } => ({
  columns: stdout.columns,
  colour: stdout.colourDepth > 1,
});
