/**
 * One model's life in memory, as a pure machine: no clock, no process, no log. It imports nothing.
 *
 *   unloaded ──take, warm──▶ loading ──loaded──▶ loaded ──unload, elapsed, lost──▶ unloading ──freed──▶ unloaded
 *                               │                 in use ⇄ idle
 *                               └──load-failed──▶ failed ──take, warm──▶ loading
 *
 * One user at a time. Whoever wants a model gone while somebody uses it has it gone when that use is over. An event
 * that cannot happen in a state changes nothing and is refused by name: it is a mistake of the driver's.
 */
export type ModelState =
  | { readonly at: 'unloaded' | 'failed' }
  /** `leaving` says why it is not wanted any more: loading was given up, or the model goes when its user is done. */
  | { readonly at: 'loading' | 'loaded'; readonly inUse: boolean; readonly leaving?: UnloadReason }
  | { readonly at: 'unloading' };

/** Why a model leaves memory. */
export type UnloadReason =
  /** Nobody used it for as long as it is kept. */
  | 'unused'
  /** Another one had to fit. */
  | 'room'
  /** The machine needs its memory for something else. */
  | 'pressure'
  /** Its files or settings are others now. */
  | 'replaced'
  /** Its process is gone, or what it did last leaves it in doubt. */
  | 'broken'
  | 'cancelled'
  /** The operator switched claiming off. */
  | 'paused'
  | 'stopping';

export type ModelEvent =
  /** Somebody wants to run on it, or wants it in memory for whoever comes. */
  | { readonly type: 'take' | 'preload' }
  | { readonly type: 'load-failed' | 'freed' }
  /** It is in memory. One that nobody waits for stays for so long. */
  | { readonly type: 'loaded'; readonly keepMs: number }
  /** Its user is done. It stays for so long; 0 frees it at once. */
  | { readonly type: 'release'; readonly keepMs: number }
  /** The operator wants it kept for so long from now; 0 frees it once it is idle. */
  | { readonly type: 'keep'; readonly keepMs: number }
  | { readonly type: 'unload'; readonly because: UnloadReason }
  /** The time it is kept is over. */
  | { readonly type: 'elapsed' }
  /** Its process ended and nobody had asked for that. */
  | { readonly type: 'lost' };

export type ModelEffect =
  | { readonly do: 'load' | 'abort-load' | 'disarm' }
  | { readonly do: 'free'; readonly because: UnloadReason }
  | { readonly do: 'arm'; readonly ms: number }
  | { readonly do: 'refuse'; readonly because: string };

export interface ModelStep {
  readonly state: ModelState;
  readonly effects: readonly ModelEffect[];
}

type Held = Extract<ModelState, { readonly inUse: boolean }>;

/** One step of a model's life. */
export function step(state: ModelState, event: ModelEvent): ModelStep {
  switch (state.at) {
    case 'unloaded':
    case 'failed':
      return whileOut(state, event);
    case 'loading':
      return whileLoading(state, event);
    case 'loaded':
      return state.inUse ? whileInUse(state, event) : whileIdle(state, event);
    case 'unloading':
      if (event.type === 'freed') return moved({ at: 'unloaded' });
      // Going already, and its process with it.
      return isOneOf(event, 'unload', 'lost', 'keep') ? moved(state) : refused(state, event);
    default:
      return state satisfies never;
  }
}

function whileOut(state: ModelState, event: ModelEvent): ModelStep {
  if (event.type === 'take') return moved({ at: 'loading', inUse: true }, { do: 'load' });
  if (event.type === 'preload') return moved({ at: 'loading', inUse: false }, { do: 'load' });
  if (event.type === 'unload') return moved({ at: 'unloaded' });
  return event.type === 'keep' ? moved(state) : refused(state, event);
}

function whileLoading(state: Held, event: ModelEvent): ModelStep {
  switch (event.type) {
    case 'loaded':
      // Too late to be given up: it is in memory, and has to leave it again.
      if (state.leaving !== undefined && isGivenUp(state)) return free(state.leaving);
      return state.inUse ? moved({ ...state, at: 'loaded' }) : idleFor(event.keepMs);
    case 'load-failed':
      return moved({ at: isGivenUp(state) ? 'unloaded' : 'failed' });
    case 'take':
      return state.inUse || state.leaving !== undefined ? refused(state, event) : moved({ at: 'loading', inUse: true }); // it takes over what was begun for whoever comes
    case 'unload': {
      if (isGivenUp(state)) return moved(state);
      const next: Held = { ...state, leaving: event.because };
      return isGivenUp(next) ? moved(next, { do: 'abort-load' }) : moved(next);
    }
    case 'preload':
    case 'keep':
      return moved(state);
    case 'lost': // loading fails with the process, and says so itself
      return moved(state);
    case 'elapsed':
    case 'freed':
    case 'release':
      return refused(state, event);
    default:
      return event satisfies never;
  }
}

function whileIdle(state: Held, event: ModelEvent): ModelStep {
  switch (event.type) {
    case 'take':
      return moved({ at: 'loaded', inUse: true }, { do: 'disarm' });
    case 'keep':
      return event.keepMs > 0 ? moved(state, { do: 'arm', ms: event.keepMs }) : free('unused', { do: 'disarm' });
    case 'unload':
      return free(event.because, { do: 'disarm' });
    case 'elapsed':
      return free('unused');
    case 'lost':
      return free('broken', { do: 'disarm' });
    case 'preload':
      return moved(state);
    case 'freed':
    case 'load-failed':
    case 'loaded':
    case 'release':
      return refused(state, event);
    default:
      return event satisfies never;
  }
}

function whileInUse(state: Held, event: ModelEvent): ModelStep {
  switch (event.type) {
    case 'release':
      if (state.leaving !== undefined) return free(state.leaving);
      return idleFor(event.keepMs);
    case 'unload':
      return moved({ ...state, leaving: state.leaving ?? event.because });
    case 'lost':
      return moved({ ...state, leaving: 'broken' });
    case 'preload':
    case 'keep':
      return moved(state);
    case 'elapsed':
    case 'freed':
    case 'load-failed':
    case 'loaded':
    case 'take':
      return refused(state, event);
    default:
      return event satisfies never;
  }
}

/** Somebody who waits for it to be loaded has it, unless it is that one, or the worker, who gives it up. */
const GIVES_UP: ReadonlySet<UnloadReason | undefined> = new Set<UnloadReason>(['cancelled', 'replaced', 'stopping']);
const isGivenUp = ({ inUse, leaving }: Held): boolean => leaving !== undefined && (!inUse || GIVES_UP.has(leaving));

const moved = (state: ModelState, ...effects: readonly ModelEffect[]): ModelStep => ({ state, effects });
const idleFor = (ms: number): ModelStep =>
  ms > 0 ? moved({ at: 'loaded', inUse: false }, { do: 'arm', ms }) : free('unused');
const free = (because: UnloadReason, ...before: readonly ModelEffect[]): ModelStep =>
  moved({ at: 'unloading' }, ...before, { do: 'free', because });
const refused = (state: ModelState, { type }: ModelEvent): ModelStep =>
  moved(state, { do: 'refuse', because: `a model that is ${state.at} was told "${type}"` });
const isOneOf = ({ type }: ModelEvent, ...types: readonly ModelEvent['type'][]): boolean => types.includes(type);
