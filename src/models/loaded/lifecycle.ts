/**
 * One model's life in memory, as a pure machine: no clock, no process, no log. It imports nothing.
 *
 *   unloaded ──take, preload──▶ loading ──loaded──▶ loaded ──unload, elapsed, lost──▶ unloading ──freed──▶ unloaded
 *                                  │              in use ⇄ idle
 *                                  └──load-failed──▶ failed ──take, preload──▶ loading
 *
 * One holder at a time. A model that is to be unloaded while somebody holds it is unloaded when that hold ends. An event
 * that cannot happen in a state changes nothing and fails by name: it is a bug of the driver.
 */
export type ModelState =
  | { readonly at: 'unloaded' | 'failed' }
  /** `leaving` says why it is to be unloaded: its load was abandoned, or it goes when its holder is done. */
  | { readonly at: 'loading' | 'loaded'; readonly inUse: boolean; readonly leaving?: UnloadReason }
  | { readonly at: 'unloading' };

/** Nothing is in memory, on its way in or on its way out. */
export const isOut = ({ at }: ModelState): boolean => at === 'unloaded' || at === 'failed';
/** In memory, and nobody uses it. */
export const isIdle = (state: ModelState): boolean => state.at === 'loaded' && !state.inUse;

/** Why a model is unloaded. */
export type UnloadReason =
  /** Nobody used it for as long as idle models are kept. */
  | 'idle'
  /** Another model needs the memory. */
  | 'evicted'
  /** Other programs need the memory. */
  | 'memory-pressure'
  /** Its files or settings changed. */
  | 'replaced'
  /** Its process ended, or its last use failed in a way that may be its own fault. */
  | 'broken'
  | 'cancelled'
  /** The operator turned claiming off. */
  | 'claiming-off'
  /** The operator wants this one out of memory. */
  | 'requested'
  | 'stopping';

/** What happens to a model, in the words of its driver. */
export type ModelEvent =
  /** Somebody wants to run on it, or wants it in memory ahead of any holder. */
  | { readonly type: 'take' | 'preload' }
  | { readonly type: 'load-failed' | 'freed' }
  /** It is in memory. One that nobody waits for is kept for `keepMs`. */
  | { readonly type: 'loaded'; readonly keepMs: number }
  /** Its holder is done. It is kept for `keepMs`; 0 frees it at once. */
  | { readonly type: 'release'; readonly keepMs: number }
  /** It is to be kept for `keepMs` from now; 0 frees it once it is idle. */
  | { readonly type: 'keep'; readonly keepMs: number }
  | { readonly type: 'unload'; readonly because: UnloadReason }
  /** Its keep time has expired. */
  | { readonly type: 'elapsed' }
  /** Its process ended unasked. */
  | { readonly type: 'lost' };

/** What the driver has to do, in this order. `fail` is a bug of the driver, to be thrown. */
export type ModelEffect =
  | { readonly do: 'load' | 'abort-load' | 'disarm' }
  | { readonly do: 'free'; readonly because: UnloadReason }
  | { readonly do: 'arm'; readonly ms: number }
  | { readonly do: 'fail'; readonly because: string };

/** The state after an event, and the effects to perform. */
export interface ModelStep {
  readonly state: ModelState;
  readonly effects: readonly ModelEffect[];
}

type Occupied = Extract<ModelState, { readonly inUse: boolean }>;

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
      // It is going already, and its process with it.
      return isOneOf(event, 'unload', 'lost', 'keep') ? moved(state) : invalid(state, event);
    default:
      return state satisfies never;
  }
}

function whileOut(state: ModelState, event: ModelEvent): ModelStep {
  if (event.type === 'take') return moved({ at: 'loading', inUse: true }, { do: 'load' });
  if (event.type === 'preload') return moved({ at: 'loading', inUse: false }, { do: 'load' });
  if (event.type === 'unload') return moved({ at: 'unloaded' });
  return event.type === 'keep' ? moved(state) : invalid(state, event);
}

function whileLoading(state: Occupied, event: ModelEvent): ModelStep {
  switch (event.type) {
    case 'loaded':
      // Too late to abort the load: it is in memory, and has to be freed again.
      if (state.leaving !== undefined && isAbandoned(state)) return free(state.leaving);
      return state.inUse ? moved({ ...state, at: 'loaded' }) : idleFor(event.keepMs);
    case 'load-failed':
      return moved({ at: isAbandoned(state) ? 'unloaded' : 'failed' });
    case 'take':
      if (state.inUse || state.leaving !== undefined) return invalid(state, event);
      return moved({ at: 'loading', inUse: true }); // it takes over a preload
    case 'unload': {
      if (isAbandoned(state)) return moved(state);
      const next: Occupied = { ...state, leaving: event.because };
      return isAbandoned(next) ? moved(next, { do: 'abort-load' }) : moved(next);
    }
    case 'preload':
    case 'keep':
      return moved(state);
    case 'lost': // loading fails with the process, and reports it itself
      return moved(state);
    case 'elapsed':
    case 'freed':
    case 'release':
      return invalid(state, event);
    default:
      return event satisfies never;
  }
}

function whileIdle(state: Occupied, event: ModelEvent): ModelStep {
  switch (event.type) {
    case 'take':
      return moved({ at: 'loaded', inUse: true }, { do: 'disarm' });
    case 'keep':
      return event.keepMs > 0 ? moved(state, { do: 'arm', ms: event.keepMs }) : free('idle', { do: 'disarm' });
    case 'unload':
      return free(event.because, { do: 'disarm' });
    case 'elapsed':
      return free('idle');
    case 'lost':
      return free('broken', { do: 'disarm' });
    case 'preload':
      return moved(state);
    case 'freed':
    case 'load-failed':
    case 'loaded':
    case 'release':
      return invalid(state, event);
    default:
      return event satisfies never;
  }
}

function whileInUse(state: Occupied, event: ModelEvent): ModelStep {
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
      return invalid(state, event);
    default:
      return event satisfies never;
  }
}

/** Whoever waits for a load gets the model, unless the load is abandoned by that one or by the worker. */
const ABANDONS_LOAD: ReadonlySet<UnloadReason | undefined> = new Set<UnloadReason>([
  'cancelled',
  'replaced',
  'stopping',
]);
const isAbandoned = ({ inUse, leaving }: Occupied): boolean =>
  leaving !== undefined && (!inUse || ABANDONS_LOAD.has(leaving));

const moved = (state: ModelState, ...effects: readonly ModelEffect[]): ModelStep => ({ state, effects });
const idleFor = (ms: number): ModelStep =>
  ms > 0 ? moved({ at: 'loaded', inUse: false }, { do: 'arm', ms }) : free('idle');
const free = (because: UnloadReason, ...before: readonly ModelEffect[]): ModelStep =>
  moved({ at: 'unloading' }, ...before, { do: 'free', because });
const invalid = (state: ModelState, { type }: ModelEvent): ModelStep =>
  moved(state, { do: 'fail', because: `a model that is ${state.at} received "${type}"` });
const isOneOf = ({ type }: ModelEvent, ...types: readonly ModelEvent['type'][]): boolean => types.includes(type);
