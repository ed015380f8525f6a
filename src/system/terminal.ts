import { isatty } from 'node:tty';

/** Bits of colour a reader can be shown; 1 is none. */
export type ColourDepth = 1 | 4 | 8 | 24;

/** Standard output or standard error: a terminal, a pipe or a file. */
export interface Output {
  /** Never throws and never blocks. Once the reader has gone, what is written goes nowhere. */
  write(text: string): void;
  /** Whether it is a terminal, so that a line may be drawn over. */
  readonly isTty: boolean;
  /** Width in characters; 80 where there is none. */
  readonly columns: number;
  readonly colourDepth: ColourDepth;
}

/** The screen we were started on. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Settles when everything written has left this process, or its reader has gone. Await it before an exit. */
  drain(): Promise<void>;
}

type VariableLookup = (name: string) => string | undefined;
type Stream = NodeJS.WriteStream;

const NO_WIDTH = 80;

/** The real screen. `variable` reads the environment, for the colour conventions below. */
export function openTerminal(variable: VariableLookup = (name) => process.env[name]): Terminal {
  const stdout = openOutput(() => process.stdout, isatty(1), variable);
  const stderr = openOutput(() => process.stderr, isatty(2), variable);
  return {
    stdout,
    stderr,
    drain: async () => {
      await Promise.all([stdout.drain(), stderr.drain()]);
    },
  };
}

/**
 * How many colours to use. A non-empty NO_COLOR means none (no-color.org), FORCE_COLOR some (0 none, 1–3 the depth,
 * as in Node's `tty`), and otherwise only a terminal that is not `dumb` gets any,
 * as many as `shown` reports.
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

/** Making a stream takes 8 to 15 ms (Bun 1.4.5), so it is made when something is first written, or asked of it. */
function openOutput(make: () => Stream, isTty: boolean, variable: VariableLookup): Output & { drain(): Promise<void> } {
  let made: Stream | undefined;
  const open = (): Stream => {
    if (made !== undefined) return made;
    made = make();
    // `worker | head -1` closes our end: EPIPE comes as an event, and unheard it would be an uncaught error.
    made.on('error', onGone);
    return made;
  };
  let depth: ColourDepth | undefined;
  let held = '';
  // The stream's own `drain` and the callback of an empty write come before a slow pipe has taken everything
  // (Bun 1.4.5: an exit then loses half a megabyte). The callback of each write does not.
  let underWay = 0;
  let readerGone = false;
  const waiting = new Set<() => void>();
  const settle = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const onGone = (): void => {
    readerGone = true;
    settle();
  };
  const onWritten = (): void => {
    if (--underWay === 0 && held === '') settle();
  };
  /** What is written in one turn of the loop goes out in one call: a job writes four lines at once. */
  const flush = (): void => {
    const text = held;
    held = '';
    if (readerGone || text === '') return;
    underWay++;
    try {
      open().write(text, onWritten);
    } catch {
      onGone(); // a closed descriptor throws at once instead; the reader is gone
    }
  };
  return {
    write(text) {
      if (readerGone) return;
      if (held === '') setImmediate(flush);
      held += text;
    },
    isTty,
    get columns() {
      return isTty ? open().columns || NO_WIDTH : NO_WIDTH;
    },
    get colourDepth() {
      return (depth ??= colourDepth(variable, isTty, () => open().getColorDepth()));
    },
    drain: () =>
      new Promise((resolve) => {
        if (readerGone || (underWay === 0 && held === '')) resolve();
        else waiting.add(resolve);
      }),
  };
}
