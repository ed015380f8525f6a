import type { DemoEvent } from '../../demo/play.ts';
import type { Terminal } from '../../system/terminal.ts';
import { WorkerError } from '../../base/errors.ts';
import { command, JSON_ARG, LOG_ARGS } from '../command.ts';
import {
  allCompleted,
  boardLines,
  EMPTY_BOARD,
  newsLine,
  realTable,
  redraw,
  resultFacts,
  resultTable,
  withNews,
  type DemoBoard,
} from '../view/demo-view.ts';
import { printJson, printLines, printTable } from '../output.ts';
import type { World } from '../world.ts';
import type { GivenWeights } from '../world/demo.ts';

/** How often the spinner turns. */
const FRAME_MS = 80;

/** The main job in one command: a studio, a worker and one job of each kind. */
export const demo = command({
  summary: 'Start a studio and a worker here, run one job of each kind and show the results',
  examples: [
    'studio-worker demo',
    'studio-worker demo --out ./results --keep',
    'studio-worker demo --real',
    'studio-worker demo --real --llm qwen.gguf --stt ggml-base.bin --tts en_US-lessac-medium.onnx',
  ],
  exits: [
    { code: 1, means: 'a job failed, or the demonstration was stopped before the end' },
    { code: 66, means: 'a file that was given cannot be read' },
    { code: 69, means: 'the studio or the worker of the demonstration did not start' },
    { code: 73, means: 'the artifacts cannot be written' },
  ],
  json: 'an array of jobs: {kind, engine, model, state, durationMs?, ranOn?, loadMs?, runMs?, file?, text?, error?}',
  args: {
    real: {
      type: 'boolean',
      description: 'Have real engines chat, remove, speak and write down, on tiny generated weights or on yours',
    },
    llm: { type: 'string', valueHint: 'gguf', description: 'With --real: a chat model of yours' },
    removal: { type: 'string', valueHint: 'onnx', description: 'With --real: a LaMa model of yours' },
    tts: { type: 'string', valueHint: 'onnx', description: 'With --real: a Piper voice, its .onnx.json beside it' },
    stt: { type: 'string', valueHint: 'bin', description: 'With --real: a Whisper model in the format of whisper.cpp' },
    recording: {
      type: 'string',
      valueHint: 'audio',
      description: 'With --real: speech to write down, in place of what the voice says',
    },
    out: {
      type: 'string',
      valueHint: 'folder',
      default: './studio-worker-demo',
      description: 'Where the artifacts are written',
    },
    keep: { type: 'boolean', description: 'Leave studio and worker running; print URL and operator token' },
    ...JSON_ARG,
    ...LOG_ARGS,
  },
  run: async (args, world) => {
    const { terminal } = world;
    const { llm, removal, tts, stt, recording } = args;
    const given = { llm, removal, tts, stt, recording };
    const started = await world.demo({
      outDir: args.out,
      ...realOf(args.real, given),
      logFormat: args['log-format'],
      logLevel: args['log-level'],
    });
    try {
      const board = await show(started.events, world, args.json);
      if (args.json) printJson(terminal, resultFacts(board));
      else printTable(terminal, args.real ? realTable(board) : resultTable(board));
      if (args.keep && !args.json && board.size > 0) {
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

/** Weights are of use to real engines only: one that would be passed over is better refused. */
function realOf(real: boolean, given: GivenWeights): { readonly real?: GivenWeights } {
  if (real) return { real: given };
  const [flag] = Object.entries(given).find(([, path]) => path !== undefined) ?? [];
  if (flag === undefined) return {};
  throw new WorkerError('cli.usage', `--${flag} is of use with --real only`, { hint: 'Add `--real`.' });
}

/** Shows events until there are no more: nothing for a program, redrawn in place on a terminal, otherwise one line per change of state. */
async function show(events: AsyncIterable<DemoEvent>, world: World, silent: boolean): Promise<DemoBoard> {
  const { terminal } = world;
  let board = EMPTY_BOARD;
  const animation = terminal.stdout.isTty && !silent ? animate(() => board, world) : undefined;
  try {
    for await (const event of events) {
      const before = board;
      board = withNews(before, event);
      const line = newsLine(before.get(event.jobId), board.get(event.jobId) ?? event);
      if (animation !== undefined) animation.draw();
      else if (line !== undefined && !silent) printLines(terminal, line);
    }
  } finally {
    animation?.stop();
  }
  if (!silent) printLines(terminal, '');
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
