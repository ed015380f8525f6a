import { WorkerError } from '../../base/errors.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { ChildEnd } from '../../system/process/child.ts';
import { memoryExceeded } from '../failures.ts';
import { isOutOfMemory, exhaustedMemoryIn } from '../out-of-memory.ts';

/** What a child did when it ended, in words for a person. */
export type ChildActivity = 'starting' | 'loading' | 'running' | 'idle';

const DOING: Readonly<Record<ChildActivity, string>> = {
  starting: 'while it started',
  loading: 'while it loaded the model',
  running: 'while it ran a task',
  idle: 'between two tasks',
};

/**
 * What a library printed is worth more than its exit code: the cause comes first, the end last (studio contract). It
 * travels in a frame, so its length is limited.
 */
const LINES_REPORTED = { first: 2, last: 4 };
const MAX_LINE_CHARACTERS = 300;

/** Why a child ended that nobody had asked to end. */
export function crashError(
  engine: EngineName,
  { end, doing, lines }: { readonly end: ChildEnd; readonly doing: ChildActivity; readonly lines: readonly string[] },
): WorkerError {
  const exceeded = memoryExceeded(`the ${engine} engine`, end);
  if (exceeded !== undefined) return exceeded;
  const how = end.is === 'exited' ? `exited with code ${end.code}` : `was killed by ${end.signal}${guess(end.signal)}`;
  const output = excerpt(ownWords(lines));
  const message = `the ${engine} engine ${how} ${DOING[doing]}${output === '' ? '' : `; its output: ${output}`}`;
  const fields = end.is === 'exited' ? { exitCode: end.code } : { signal: end.signal };
  return ranOutOfMemory(end, lines)
    ? new WorkerError('engine.out-of-memory', message, {
        fields: { ...fields, ...exhaustedMemoryIn(lines.join('\n')) },
      })
    : new WorkerError('engine.crashed', message, { fields });
}

function excerpt(lines: readonly string[]): string {
  const { first, last } = LINES_REPORTED;
  const shown = lines.length <= first + last ? lines : [...lines.slice(0, first), '…', ...lines.slice(-last)];
  return shown.map((line) => line.slice(0, MAX_LINE_CHARACTERS)).join(' | ');
}

/** What this program's runtime prints when native code crashes: a rule, its name, and a page about itself to the end. */
const RULE = /^={40,}$/;
const PANIC = /^panic\([^)]*\): /;
/** A library that logs from a thread of its own may put lines in between. */
const NAME_WITHIN_LINES = 4;

/** What the engine printed before the runtime began to report the crash, and of that only what it was. */
function ownWords(lines: readonly string[]): readonly string[] {
  const isNamed = (at: number): boolean =>
    lines.slice(at + 1, at + NAME_WITHIN_LINES).some((line) => line.startsWith('Bun v'));
  const rule = lines.findIndex((line, at) => RULE.test(line) && isNamed(at));
  if (rule === -1) return lines;
  const panic = lines.slice(rule).find((line) => PANIC.test(line));
  return [...lines.slice(0, rule), ...(panic === undefined ? [] : [panic.replace(PANIC, '')])];
}

/** Nobody else kills an engine: the kernel does when memory is gone. */
const KERNEL_KILL = 'SIGKILL';
export const isKernelKill = (end: ChildEnd): boolean => end.is !== 'exited' && end.signal === KERNEL_KILL;

/** Whether a program ended because it found no memory and reported that, rather than for being killed by the kernel. */
export const isOwnShortage = ({ code, fields }: WorkerError): boolean =>
  code === 'engine.out-of-memory' && fields['signal'] !== KERNEL_KILL;

const ranOutOfMemory = (end: ChildEnd, lines: readonly string[]): boolean =>
  isKernelKill(end) || lines.some(isOutOfMemory);

const guess = (signal: string): string =>
  signal === KERNEL_KILL ? ' (the system does that when memory runs out)' : '';

/** The first and the last lines somebody printed, and no more of them. */
export interface PrintedLines {
  add(line: string): void;
  readonly lines: readonly string[];
}

/** Constant in memory, however much is printed. Keeps the first lines that a crash quotes, and so many of the last. */
export function keepLines(last: number): PrintedLines {
  const begin: string[] = [];
  const end: string[] = [];
  return {
    add(line) {
      const isBegin = begin.length < LINES_REPORTED.first;
      (isBegin ? begin : end).push(line);
      if (end.length > last) end.shift();
    },
    get lines() {
      return [...begin, ...end];
    },
  };
}
