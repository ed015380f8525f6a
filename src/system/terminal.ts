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
  const stdout = new StreamOutput(() => process.stdout, isatty(1), variable);
  const stderr = new StreamOutput(() => process.stderr, isatty(2), variable);
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

class StreamOutput implements Output {
  readonly isTty: boolean;
  readonly #make: () => Stream;
  readonly #variable: VariableLookup;
  #made: Stream | undefined;
  #depth: ColourDepth | undefined;
  #held = '';
  // The stream's own `drain` and the callback of an empty write come before a slow pipe has taken everything
  // (Bun 1.4.5: an exit then loses half a megabyte). The callback of each write does not.
  #underWay = 0;
  #readerGone = false;
  readonly #draining = new Set<() => void>();

  constructor(make: () => Stream, isTty: boolean, variable: VariableLookup) {
    this.#make = make;
    this.isTty = isTty;
    this.#variable = variable;
  }

  write(text: string): void {
    if (this.#readerGone) return;
    if (this.#held === '') setImmediate(() => this.#flush());
    this.#held += text;
  }

  get columns(): number {
    return this.isTty ? this.#open().columns || NO_WIDTH : NO_WIDTH;
  }

  get colourDepth(): ColourDepth {
    return (this.#depth ??= colourDepth(this.#variable, this.isTty, () => this.#open().getColorDepth()));
  }

  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#readerGone || (this.#underWay === 0 && this.#held === '')) resolve();
      else this.#draining.add(resolve);
    });
  }

  /** Making a stream takes 8 to 15 ms (Bun 1.4.5), so it is made when something is first written, or asked of it. */
  #open(): Stream {
    if (this.#made !== undefined) return this.#made;
    this.#made = this.#make();
    // `worker | head -1` closes our end: EPIPE comes as an event, and unheard it would be an uncaught error.
    this.#made.on('error', () => this.#onGone());
    return this.#made;
  }

  /** What is written in one turn of the loop goes out in one call: a job writes four lines at once. */
  #flush(): void {
    const text = this.#held;
    this.#held = '';
    if (this.#readerGone || text === '') return;
    this.#underWay++;
    try {
      this.#open().write(text, () => this.#onWritten());
    } catch {
      this.#onGone(); // a closed descriptor throws at once instead; the reader is gone
    }
  }

  #onWritten(): void {
    if (--this.#underWay === 0 && this.#held === '') this.#settle();
  }

  #onGone(): void {
    this.#readerGone = true;
    this.#settle();
  }

  #settle(): void {
    for (const resolve of this.#draining) resolve();
    this.#draining.clear();
  }
}
