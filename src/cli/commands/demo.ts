import type { DemoEvent } from '../../demo/play.ts';
import type { Terminal } from '../../system/terminal.ts';
import { WorkerError } from '../../base/errors.ts';
import { command, JSON_ARG, LOG_ARGS } from '../command.ts';
import {
  allCompleted,
  boardLines,
  EMPTY_BOARD,
  updateLine,
  realTable,
  resultFacts,
  resultTable,
  withEvent,
  type DemoBoard,
} from '../view/demo-view.ts';
import { redraw } from '../view/redraw.ts';
import { printJson, printLines, printTable } from '../output.ts';
import type { World } from '../world.ts';
import type { DemoRun, GivenWeights } from '../world/demo.ts';

/** How often the spinner turns. */
const FRAME_MS = 80;

/** The main job in one command: a studio, a worker and one job of each kind. */
export const demo = command({
  summary: 'Start a local studio and worker, run one job of each kind and show the results',
  examples: [
    'studio-worker demo',
    'studio-worker demo --open',
    'studio-worker demo --out ./results --keep',
    'studio-worker demo --real',
    'studio-worker demo --real --llm qwen.gguf --stt ggml-base.bin --tts en_US-lessac-medium.onnx',
  ],
  exits: [
    { code: 1, means: 'a job failed, or the demo was stopped early' },
    { code: 66, means: 'a given file cannot be read' },
    { code: 69, means: 'the studio or worker of the demo did not start' },
    { code: 73, means: 'the artifacts cannot be written' },
  ],
  json: 'an array of jobs: {kind, engine, model, state, durationMs?, waitMs?, ranOn?, loadMs?, runMs?, file?, text?, error?}',
  args: {
    real: {
      type: 'boolean',
      description:
        'Run real engines: chat, object removal, speech, transcription; on tiny generated weights or on yours',
    },
    llm: { type: 'string', valueHint: 'gguf', description: 'With --real: your chat model' },
    removal: { type: 'string', valueHint: 'onnx', description: 'With --real: your LaMa model' },
    tts: {
      type: 'string',
      valueHint: 'onnx',
      description: 'With --real: your Piper voice, with its .onnx.json beside it',
    },
    stt: { type: 'string', valueHint: 'bin', description: 'With --real: your Whisper model in whisper.cpp format' },
    recording: {
      type: 'string',
      valueHint: 'audio',
      description: 'With --real: audio to transcribe instead of the generated speech',
    },
    out: {
      type: 'string',
      valueHint: 'folder',
      default: './studio-worker-demo',
      description: 'Folder for the artifacts',
    },
    open: { type: 'boolean', description: 'Open the dashboard of its studio, and keep it running' },
    keep: { type: 'boolean', description: 'Keep the studio and worker running; print URL and operator token' },
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
      if (args.open) await openPage(started, world);
      const board = await show(started.events, world, args.json);
      if (args.json) printJson(terminal, resultFacts(board));
      else printTable(terminal, args.real ? realTable(board) : resultTable(board));
      if ((args.keep || args.open) && !args.json && board.size > 0) {
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

/** Shows the jobs as they come, where the studio's operator sees them. */
async function openPage({ pageUrl }: Pick<DemoRun, 'pageUrl'>, { terminal, showPage }: World): Promise<void> {
  const url = pageUrl();
  if ((await showPage(url)) !== 'none') return;
  terminal.stderr.write(`no browser was found here; open this address, once, within ten minutes:\n${url}\n`);
}

/** Only real engines use weights: a file that would be ignored is rejected. */
function realOf(real: boolean, given: GivenWeights): { readonly real?: GivenWeights } {
  if (real) return { real: given };
  const [flag] = Object.entries(given).find(([, path]) => path !== undefined) ?? [];
  if (flag === undefined) return {};
  throw new WorkerError('cli.usage', `--${flag} needs --real`, { hint: 'Add `--real`.' });
}

/** Shows events until there are no more: nothing for a program, redrawn in place on a terminal, otherwise one line per change of state. */
async function show(events: AsyncIterable<DemoEvent>, world: World, quiet: boolean): Promise<DemoBoard> {
  const { terminal } = world;
  let board = EMPTY_BOARD;
  const animation = terminal.stdout.isTty && !quiet ? animate(() => board, world) : undefined;
  try {
    for await (const event of events) {
      const before = board;
      board = withEvent(before, event);
      const line = updateLine(before.get(event.jobId), board.get(event.jobId) ?? event);
      if (animation !== undefined) animation.draw();
      else if (line !== undefined && !quiet) printLines(terminal, line);
    }
  } finally {
    animation?.stop();
  }
  if (!quiet) printLines(terminal, '');
  return board;
}

/** The board on a terminal, drawn over itself. */
interface Animation {
  draw(): void;
  /** Draws once more, then stops. */
  stop(): void;
}

function animate(board: () => DemoBoard, { terminal, clock }: Pick<World, 'terminal' | 'clock'>): Animation {
  let frame = 0;
  let drawn = 0;
  const draw = (): void => {
    const lines = boardLines(board(), { frame, ...layoutOf(terminal) });
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

const layoutOf = ({ stdout }: Terminal): { readonly columns: number; readonly colour: boolean } => ({
  columns: stdout.columns,
  colour: stdout.colourDepth > 1,
});
