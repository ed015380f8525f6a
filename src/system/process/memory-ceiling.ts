import { GIB, SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../clock.ts';
import type { ChildEnd, StartedChild } from './child.ts';
import type { MemoryScopes } from './memory-scope.ts';
import type { SpawnIpc } from './processes.ts';
import type { RunProgram } from './programs.ts';

/*
 * No child may hold more RAM than a ceiling: a job that grows without end is stopped, not the desktop.
 *
 *   the kernel, where it has been asked to → ends it with SIGKILL, however fast it grew
 *   our own watch, everywhere that memory is reported → ends it within a second or two
 */

/** Who sees to it that a ceiling holds. */
export type CeilingKeeper = 'the kernel' | 'a watch' | 'nobody';

/** Ways of starting children that hold each to a ceiling on memory. */
export interface MemoryCeiling {
  talking(spawn: SpawnIpc): SpawnIpc;
  programs(run: RunProgram): RunProgram;
}

export interface MemoryCeilingOptions {
  /** The most that one child and all it started may hold, in GiB. Read anew for each look at a child. */
  readonly limitGib: () => number;
  /** What a process and all it started hold, in bytes; undefined where the system does not report it. */
  readonly sizeOf: (pid: number) => Promise<number | undefined>;
  readonly scopes: MemoryScopes;
  readonly clock: Pick<Clock, 'after'>;
  /** Called once for each child, when it is known who holds it. */
  readonly onHeld: (by: CeilingKeeper, limitGib: number) => void;
}

/** One read of a few small files for each process. */
const SAMPLE_EVERY_MS = SECOND_MS;
/** The kernel slows a process down close to the ceiling, so that one it ends there was seen with this share before. */
const NEAR_SHARE = 0.8;

export const createMemoryCeiling = (options: MemoryCeilingOptions): MemoryCeiling => new WatchedCeiling(options);

interface Held {
  readonly pid: number;
  readonly kill: () => void;
  /** The ceiling that the kernel knows; undefined while the kernel knows none. */
  kernelGib: number | undefined;
  /** The share of the ceiling that it was seen with last. */
  share: number;
  /** The ceiling that it passed. */
  passedGib: number | undefined;
}

class WatchedCeiling implements MemoryCeiling {
  readonly #options: MemoryCeilingOptions;
  readonly #held = new Set<Held>();
  #disarm = (): void => {};

  constructor(options: MemoryCeilingOptions) {
    this.#options = options;
  }

  talking(spawn: SpawnIpc): SpawnIpc {
    return (command, options) => {
      const child = spawn(command, options);
      return { ...child, ended: this.#hold(child, () => child.killGroup()) };
    };
  }

  programs(run: RunProgram): RunProgram {
    return (command, options) => {
      const program = run(command, options);
      return { ...program, ended: this.#hold(program, () => program.killGroup('SIGKILL')) };
    };
  }

  /** How the child ends, with the ceiling that it passed if that was why. */
  async #hold({ pid, ended }: Pick<StartedChild, 'pid' | 'ended'>, kill: () => void): Promise<ChildEnd> {
    const held: Held = { pid, kill, kernelGib: undefined, share: 0, passedGib: undefined };
    if (this.#held.size === 0) this.#arm();
    this.#held.add(held);
    void this.#askKernel(held);
    const end = await ended;
    this.#held.delete(held);
    if (this.#held.size === 0) this.#disarm();
    if (end.is !== 'killed') return end;
    const isKernelKill = end.signal === 'SIGKILL' && held.kernelGib !== undefined && held.share >= NEAR_SHARE;
    const passedGib = held.passedGib ?? (isKernelKill ? held.kernelGib : undefined);
    return passedGib === undefined ? end : { ...end, passedGib };
  }

  async #askKernel(held: Held): Promise<void> {
    const { scopes, limitGib, sizeOf, onHeld } = this.#options;
    const gib = limitGib();
    if (await scopes.put(held.pid, gib)) held.kernelGib = gib;
    const isSeen = held.kernelGib !== undefined || (await sizeOf(held.pid)) !== undefined;
    if (!this.#held.has(held)) return; // it ended meanwhile, and nothing was learnt
    onHeld(held.kernelGib === undefined ? (isSeen ? 'a watch' : 'nobody') : 'the kernel', gib);
  }

  #arm(): void {
    this.#disarm = this.#options.clock.after(SAMPLE_EVERY_MS, () => void this.#sample());
  }

  async #sample(): Promise<void> {
    await Promise.all([...this.#held].map((held) => this.#check(held)));
    if (this.#held.size > 0) this.#arm();
  }

  async #check(held: Held): Promise<void> {
    const { limitGib, sizeOf, scopes } = this.#options;
    const gib = limitGib();
    if (held.kernelGib !== undefined && held.kernelGib !== gib) {
      held.kernelGib = gib;
      await scopes.change(held.pid, gib);
    }
    const bytes = await sizeOf(held.pid);
    if (bytes === undefined || !this.#held.has(held)) return;
    held.share = bytes / (gib * GIB);
    if (held.share <= 1 || held.passedGib !== undefined) return;
    held.passedGib = gib;
    held.kill();
  }
}
