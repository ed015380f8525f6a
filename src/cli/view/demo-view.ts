import { formatDuration } from '../../base/units.ts';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import type { DemoEvent } from '../../demo/play.ts';
import type { Table } from '../output.ts';
import { cutToWidth, onOneLine } from './text-width.ts';

/** What is known of each job, in the order of their first event. */
export type DemoBoard = ReadonlyMap<string, DemoEvent>;

export const EMPTY_BOARD: DemoBoard = new Map();

/** The board after one event. Facts that an event leaves out stay known; an ended job stays ended. */
export function withEvent(board: DemoBoard, event: DemoEvent): DemoBoard {
  const known = board.get(event.jobId);
  if (known !== undefined && hasEnded(known)) return board;
  return new Map(board).set(event.jobId, { ...known, ...event });
}

/** Whether the job has ended. */
const hasEnded = ({ state }: DemoEvent): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';

/** Whether there were jobs and all of them completed. */
export const allCompleted = (board: DemoBoard): boolean =>
  board.size > 0 && [...board.values()].every(({ state }) => state === 'completed');

interface Layout {
  /** Counts up; picks the spinner's picture. */
  readonly frame: number;
  readonly columns: number;
  readonly colour: boolean;
}

/** Braille dots that run in a circle; one column wide in every font that has them. */
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const BAR_WIDTH = 20;
const KIND_WIDTH = Math.max(...TASK_KIND_IDS.map((kind) => kind.length));
const STATE_WIDTH = 'completed'.length;

/** The whole board as it looks on a terminal, one line per job, none wider than the screen. */
export const boardLines = (board: DemoBoard, layout: Layout): readonly string[] =>
  [...board.values()].map((event) => jobLine(event, layout));

function jobLine(event: DemoEvent, { frame, columns, colour }: Layout): string {
  const { kind, model, state, progress } = event;
  const bar = state === 'running' && progress !== undefined ? ` ${barOf(progress)}` : '';
  const words = `${kind.padEnd(KIND_WIDTH)}  ${state.padEnd(STATE_WIDTH)}  ${onOneLine(model)}${bar}${endOf(event)}`;
  // Cut before colouring, so that the sequence which ends the colour is never what gets cut.
  return `${paint(markOf(event, frame), COLOURS[state], colour)} ${cutToWidth(words, Math.max(0, columns - 3))}`;
}

function markOf(event: DemoEvent, frame: number): string {
  if (event.state === 'completed') return '✓';
  if (hasEnded(event)) return '✗';
  return event.state === 'running' ? (SPINNER[frame % SPINNER.length] ?? '') : '·';
}

/** Progress is foreign: a share outside 0 to 1 is shown as the nearer end. */
function barOf(progress: number): string {
  const done = Math.round(Math.min(1, Math.max(0, progress)) * BAR_WIDTH);
  return `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)} ${String(Math.round((100 * done) / BAR_WIDTH)).padStart(3)} %`;
}

/** How long it took and what came of it, once that is known. */
function endOf(event: DemoEvent): string {
  if (!hasEnded(event)) return '';
  const took = event.durationMs === undefined ? '' : ` in ${formatDuration(event.durationMs)}`;
  const gave = outcomeOf(event);
  return gave === '' ? took : `${took}: ${gave}`;
}

/** The outcome of a job, on one line: its file, its text, or why there is neither. */
const outcomeOf = ({ file, text, error }: DemoEvent): string => onOneLine(error ?? file ?? text ?? '');

/** One line for a log or a pipe; undefined when the state did not change, so that progress does not flood it. */
export function updateLine(before: DemoEvent | undefined, event: DemoEvent): string | undefined {
  if (before?.state === event.state) return undefined;
  return `${event.kind} (${onOneLine(event.model)}): ${event.state}${endOf(event)}`;
}

/** What a job took, in order; the rest of the whole is files on their way. */
const TIMES = ['wait', 'load', 'run', 'in all'];
const timesOf = ({ waitMs, loadMs, runMs, durationMs }: DemoEvent): readonly string[] =>
  [waitMs, loadMs, runMs, durationMs].map(timeOf);

/** What the demonstration of real engines ends with. */
export const realTable = (board: DemoBoard): Table => ({
  columns: ['kind', 'engine', 'ran on', ...TIMES, 'file or text'],
  rows: [...board.values()].map((event) =>
    [[event.kind, event.engine, event.ranOn ?? '-'], timesOf(event), outcomeCell(event)].flat(),
  ),
});

const timeOf = (ms: number | undefined): string => (ms === undefined ? '-' : formatDuration(ms));

/** What the demonstration ends with. */
export const resultTable = (board: DemoBoard): Table => ({
  columns: ['kind', 'model', ...TIMES, 'file or text'],
  rows: [...board.values()].map((event) => [[event.kind, event.model], timesOf(event), outcomeCell(event)].flat()),
});

const outcomeCell = (event: DemoEvent): string =>
  event.state === 'completed' ? outcomeOf(event) : `${event.state}${outcomeOf(event) && `: ${outcomeOf(event)}`}`;

/** Each job as a program reads it. */
export const resultFacts = (board: DemoBoard): readonly object[] =>
  [...board.values()].map(({ jobId: _jobId, progress: _progress, ...facts }) => facts);

const COLOURS: Readonly<Record<DemoEvent['state'], number>> = {
  queued: 90,
  offered: 90,
  running: 36,
  completed: 32,
  failed: 31,
  cancelled: 31,
};

const paint = (text: string, colour: number, coloured: boolean): string =>
  coloured ? `\u001B[${colour}m${text}\u001B[39m` : text;
