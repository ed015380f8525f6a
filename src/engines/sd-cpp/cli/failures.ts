import { WorkerError } from '../../../base/errors.ts';
import type { ChildEnd } from '../../../system/process/child.ts';
import { memoryExceeded } from '../../failures.ts';
import { isKernelKill } from '../../host/crash.ts';
import { isOutOfMemory, exhaustedMemoryIn } from '../../out-of-memory.ts';
import { lastLine, linesOf } from '../../programs/output-tail.ts';
import type { ProgramOutput } from './output.ts';

/** Whether it ran out of memory, as it printed. ggml writes to stderr, and through the program's own log to stdout. */
export const ranOutOfMemory = ({ output, error }: ProgramOutput): boolean =>
  isOutOfMemory(error) || isOutOfMemory(output);

/** 128 and the number of a signal is how a shell tells of a child that one ended (POSIX.1-2017, exit status). */
const BY_SIGNAL = 128;
/** Windows ends a program that crashed with a code from here on: NTSTATUS, severity "error". */
const NTSTATUS_ERROR = 0xc000_0000;

/** An end that the program did not choose. */
const isCrash = (end: ChildEnd): boolean =>
  end.is === 'killed' || end.code >= NTSTATUS_ERROR || end.code > BY_SIGNAL || end.code < 0;

/** Why a program ended. */
export interface ProgramFailure {
  readonly error: WorkerError;
  /** Goes into the crash book, which knows what counts against the model. */
  readonly crashed: boolean;
}

/** Why a program ended that should not have, in the sentence of the studio contract. A signal leaves it without a code, and is named. */
export function exitFailure(program: string, end: ChildEnd, printed: ProgramOutput): ProgramFailure {
  const exceeded = memoryExceeded(program, end);
  if (exceeded !== undefined) return { error: exceeded, crashed: true };
  const code = end.is === 'exited' ? `Some(${end.code})` : `None (killed by ${end.signal})`;
  const message = `${program} exited with ${code}: ${lastLine(printed.error)}`;
  const fields = end.is === 'exited' ? { exitCode: end.code } : { signal: end.signal };
  if (ranOutOfMemory(printed) || isKernelKill(end)) {
    // One that ended by itself over it is healthy: a smaller image may well fit.
    return { error: memoryError(message, printed, fields), crashed: isCrash(end) };
  }
  if (isCrash(end)) {
    return { error: new WorkerError('engine.crashed', message, { fields }), crashed: true };
  }
  // Only words tell: sd-cli of stable-diffusion.cpp master-920-2f88688 exits with 1 whatever failed.
  if (linesOf(printed.error).some((line) => /\b(?:invalid|unknown) sampl\w+ method\b/i.test(line))) {
    return { error: samplerError(message), crashed: false };
  }
  return { error: new WorkerError('engine.failed', message, { fields }), crashed: false };
}

/** `engine.out-of-memory`, with whose memory it was as far as the program printed that. */
export const memoryError = (
  message: string,
  { output, error }: Pick<ProgramOutput, 'output' | 'error'>,
  fields: Readonly<Record<string, string | number>> = {},
): WorkerError =>
  new WorkerError('engine.out-of-memory', message, {
    hint: 'Ask for a smaller image, or offer the model with `offloadToCpu` or a smaller `maxVramGib`.',
    fields: { ...fields, ...exhaustedMemoryIn(`${error}\n${output}`) },
  });

/** `task.sampler-unknown`. */
export const samplerError = (message: string): WorkerError =>
  new WorkerError('task.sampler-unknown', message, {
    hint: 'Create the job with a samplingMethod that sd-cli knows: `sd-cli --help` lists them.',
  });
