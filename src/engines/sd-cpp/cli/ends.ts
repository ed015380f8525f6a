import { WorkerError } from '../../../base/errors.ts';
import { formatDuration } from '../../../base/units.ts';
import { isKernelKill } from '../../host/crash.ts';
import { saysNoMemory, whereShort } from '../../no-memory.ts';
import type { ChildEnd } from '../../../system/process/processes.ts';
import { announcedDevice } from '../program/device.ts';
import { STALL_MS } from './watchdog.ts';

/** The end of what a program wrote to a stream, where its last words are. */
const KEPT = 4000;
const MOST_SAID = 500;

/** What a program said, as much of it as counts. */
export interface Said {
  readonly addOutput: (text: string) => void;
  readonly addError: (text: string) => void;
  /** Forgets: what comes now is about something else. */
  readonly clear: () => void;
  readonly output: string;
  readonly error: string;
  /** What it computes on, as far as it has ever said. */
  readonly device: string | undefined;
}

export function createSaid(): Said {
  let output = '';
  let error = '';
  let device: string | undefined;
  return {
    addOutput(text) {
      output = (output + text).slice(-KEPT);
      device ??= announcedDevice(output);
    },
    addError(text) {
      error = (error + text).slice(-KEPT);
      device ??= announcedDevice(error);
    },
    clear() {
      output = '';
      error = '';
    },
    get output() {
      return output;
    },
    get error() {
      return error;
    },
    get device() {
      return device;
    },
  };
}

/** Whether it ran out of memory, by its own words. ggml writes to stderr, and through the program's own log to stdout. */
export const ranOutOfMemory = ({ output, error }: Said): boolean => saysNoMemory(error) || saysNoMemory(output);

/** 128 and the number of a signal is how a shell tells of a child that one ended (POSIX.1-2017, exit status). */
const BY_SIGNAL = 128;
/** Windows ends a program that crashed with a code from here on: NTSTATUS, severity "error". */
const NTSTATUS_ERROR = 0xc000_0000;

/** An end that the program did not choose. */
const isCrash = (end: ChildEnd): boolean =>
  end.is === 'killed' || end.code >= NTSTATUS_ERROR || end.code > BY_SIGNAL || end.code < 0;

export interface BadEnd {
  readonly error: WorkerError;
  /** It goes into the crash book, which knows what counts against the model. */
  readonly crashed: boolean;
}

/** Why a program ended that should not have, in the sentence of the studio contract. A signal leaves it without a code. */
export function badEnd(program: string, end: ChildEnd, said: Said): BadEnd {
  const lines = linesOf(said.error);
  const code = end.is === 'exited' ? `Some(${end.code})` : 'None';
  const message = `${program} exited with ${code}: ${lines.at(-1) ?? '(no stderr)'}`;
  const fields = end.is === 'exited' ? { exitCode: end.code } : { signal: end.signal };
  if (ranOutOfMemory(said) || isKernelKill(end)) {
    // One that ended by itself over it is sound: a smaller picture may well fit.
    return { error: memoryError(message, said, fields), crashed: isCrash(end) };
  }
  if (isCrash(end)) {
    const hint = 'Look for memory or driver trouble on this machine if it happens again.';
    return { error: new WorkerError('engine.crashed', message, { hint, fields }), crashed: true };
  }
  if (lines.some((line) => /\b(?:invalid|unknown) sampl\w+ method\b/i.test(line))) {
    return { error: samplerError(message), crashed: false };
  }
  return { error: new WorkerError('engine.failed', message, { fields }), crashed: false };
}

const linesOf = (text: string): readonly string[] =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim().slice(0, MOST_SAID))
    .filter((line) => line !== '');

export const memoryError = (
  message: string,
  { output, error }: Pick<Said, 'output' | 'error'>,
  fields: Readonly<Record<string, string | number>> = {},
): WorkerError =>
  new WorkerError('engine.out-of-memory', message, {
    hint: 'Ask for a smaller picture, or offer the model with `offloadToCpu` or a smaller `maxVramGib`.',
    fields: { ...fields, ...whereShort(`${error}\n${output}`) },
  });

export const samplerError = (message: string): WorkerError =>
  new WorkerError('task.sampler-unknown', message, {
    hint: 'Create the job with a samplingMethod that sd-cli knows: `sd-cli --help` lists them.',
  });

export const stallError = (program: string): WorkerError =>
  new WorkerError('engine.stalled', `${program} made no progress for ${formatDuration(STALL_MS)} and was ended`);

/** Starts a program, and says what is wrong when the system does not let it. */
export function start<Started>(program: string, begin: () => Started): Started {
  try {
    return begin();
  } catch (thrown) {
    // The system limits an argument, and takes none with a NUL in it: the prompt is the one that may have either.
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (code === 'E2BIG' || code === 'ERR_INVALID_ARG_VALUE') {
      throw new WorkerError('task.invalid', 'the prompt is too long for a command line, or has a NUL in it', {
        hint: 'Create the job with a shorter prompt.',
        cause: thrown,
      });
    }
    throw new WorkerError('engine.failed', `${program} could not be started`, {
      hint: 'Check that the file may be executed and was made for this system.',
      cause: thrown,
    });
  }
}
