import { fstatSync } from 'node:fs';
import { createOutputQueue, type OutputQueue } from './output-queue.ts';

/** Bits of colour a reader can be shown; 1 is none. */
export type ColourDepth = 1 | 4 | 8 | 24;

/** Standard output or standard error: a terminal, a pipe or a file. */
export interface Output {
  /** Never throws and never blocks. Once the reader has gone, what is written goes nowhere. */
  write(data: string | Uint8Array): void;
  /** Whether it is a terminal that obeys cursor codes, so that a line may be drawn over: one that calls itself `dumb` does not. */
  readonly isTty: boolean;
  /** Width in characters; 80 where there is none. */
  readonly columns: number;
  readonly colourDepth: ColourDepth;
  /** Why some of what was written is lost, such as a full disk; undefined while nothing is. */
  readonly failure: Error | undefined;
}

/** The screen we were started on. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Settles when everything written has left this process, or its reader has gone. Await it before an exit. A result waits
   * for its reader as long as that takes, the log for two seconds.
   */
  drain(): Promise<void>;
  /** The log's reader took nothing for so long that the end did not wait for it: some is lost, and a write still hangs. */
  readonly isStalled: boolean;
}

type VariableLookup = (name: string) => string | undefined;

const NO_WIDTH = 80;

/** More of the log than anybody scrolls back to. */
const MAX_PENDING_LOG_CHARS = 4 << 20;
/** A log that nobody reads holds up the end of the program for this long. */
const LOG_STALL_MS = 2_000;

/** The real screen. `variable` reads the environment, for the colour conventions below. */
export function openTerminal(variable: VariableLookup = (name) => process.env[name]): Terminal {
  const isScreen = (descriptor: number): boolean => variable('TERM') !== 'dumb' && isTerminal(descriptor);
  const results = createOutputQueue(1);
  const logs = createOutputQueue(2, { maxPendingChars: MAX_PENDING_LOG_CHARS });
  let isStalled = false;
  return {
    stdout: new QueuedOutput(
      results,
      () => process.stdout,
      () => isScreen(1),
      variable,
    ),
    stderr: new QueuedOutput(
      logs,
      () => process.stderr,
      () => isScreen(2),
      variable,
    ),
    async drain() {
      const [, log] = await Promise.all([results.drain(), logs.drain(LOG_STALL_MS)]);
      isStalled = log === 'stalled';
    },
    get isStalled() {
      return isStalled;
    },
  };
}

/** The module that tells takes milliseconds of a start, so it is asked only about what may be one. */
function isTerminal(descriptor: number): boolean {
  try {
    if (process.platform !== 'win32' && !fstatSync(descriptor).isCharacterDevice()) return false; // a file, say, or a pipe
  } catch {
    // What cannot be looked at may be one all the same.
  }
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}

/**
 * How many colours to use. A non-empty NO_COLOR means none (no-color.org), FORCE_COLOR some (0 none, 1–3 the depth,
 * as in Node's `tty`), and otherwise only a terminal that is not `dumb` gets any, as many as `shown` reports.
 */
export function colourDepth(variable: VariableLookup, isTty: boolean, shown: () => number): ColourDepth {
  const forced = variable('FORCE_COLOR');
  if ((variable('NO_COLOR') ?? '') !== '') return 1;
  if (forced !== undefined) return FORCED.get(forced.toLowerCase()) ?? 4;
  if (!isTty || variable('TERM') === 'dumb') return 1;
  const depth = shown();
  return depth >= 24 ? 24 : depth >= 8 ? 8 : depth >= 4 ? 4 : 1;
}

const FORCED: ReadonlyMap<string, ColourDepth> = new Map([
  ['0', 1],
  ['false', 1],
  ['2', 8],
  ['3', 24],
]);

class QueuedOutput implements Output {
  readonly #isScreen: () => boolean;
  #isTty: boolean | undefined;
  readonly #queue: OutputQueue;
  readonly #stream: () => NodeJS.WriteStream;
  readonly #variable: VariableLookup;
  #depth: ColourDepth | undefined;

  constructor(queue: OutputQueue, stream: () => NodeJS.WriteStream, isScreen: () => boolean, variable: VariableLookup) {
    this.#queue = queue;
    this.#stream = stream;
    this.#isScreen = isScreen;
    this.#variable = variable;
  }

  get isTty(): boolean {
    return (this.#isTty ??= this.#isScreen());
  }

  get failure(): Error | undefined {
    return this.#queue.failure;
  }

  write(data: string | Uint8Array): void {
    this.#queue.write(data);
  }

  get columns(): number {
    return this.isTty ? this.#stream().columns || NO_WIDTH : NO_WIDTH;
  }

  get colourDepth(): ColourDepth {
    return (this.#depth ??= colourDepth(this.#variable, this.isTty, () => this.#stream().getColorDepth()));
  }
}
