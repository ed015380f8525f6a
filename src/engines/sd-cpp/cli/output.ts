import { keepTail } from '../../programs/output-tail.ts';
import { announcedArchitecture } from '../program/architecture.ts';
import { announcedDevice } from '../program/device.ts';
import { createProgressReader, type ProgressCalls } from './progress.ts';

/** The end of what a program printed, which shows why it failed. */
export interface ProgramOutput {
  readonly addOutput: (text: string) => void;
  readonly addError: (text: string) => void;
  /** Forgets the text: what comes now is about something else. */
  readonly clear: () => void;
  readonly output: string;
  readonly error: string;
  /** What it computes on, as far as it has ever announced. */
  readonly device: string | undefined;
  /** What kind of model it holds, as far as it has ever announced. */
  readonly architecture: string | undefined;
}

/** Keeps the end of each stream, in characters that fit a message, and the device once it was announced. */
export function createProgramOutput(): ProgramOutput {
  let output = '';
  let error = '';
  let device: string | undefined;
  let architecture: string | undefined;
  const read = (text: string): void => {
    device ??= announcedDevice(text);
    architecture ??= announcedArchitecture(text);
  };
  return {
    addOutput(text) {
      output = keepTail(output + text);
      read(output);
    },
    addError(text) {
      error = keepTail(error + text);
      read(error);
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
    get architecture() {
      return architecture;
    },
  };
}

/** Reads progress from stdout as it comes, and keeps its end. */
export function outputReader(printed: Pick<ProgramOutput, 'addOutput'>, calls: ProgressCalls): (text: string) => void {
  const reader = createProgressReader(calls);
  return (text) => {
    reader.read(text);
    printed.addOutput(text);
  };
}
