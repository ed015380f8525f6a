import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ModelEffect, type ModelEvent, type ModelState, step } from '../../../../src/models/loaded/lifecycle.ts';

const unloaded: ModelState = { at: 'unloaded' };
const walk = (...events: readonly ModelEvent[]): { state: ModelState; effects: readonly ModelEffect[] } =>
  events.reduce<{ state: ModelState; effects: readonly ModelEffect[] }>(({ state }, event) => step(state, event), {
    state: unloaded,
    effects: [],
  });
const take: ModelEvent = { type: 'take' };
const preload: ModelEvent = { type: 'preload' };
const loaded: ModelEvent = { type: 'loaded', keepMs: 300 };
const lost: ModelEvent = { type: 'lost' };
const release = (keepMs = 300): ModelEvent => ({ type: 'release', keepMs });
const keep = (keepMs: number): ModelEvent => ({ type: 'keep', keepMs });
const unload: ModelEvent = { type: 'unload', because: 'evicted' };
const cancel: ModelEvent = { type: 'unload', because: 'cancelled' };
const failed: ModelEvent = { type: 'load-failed' };
const freed: ModelEvent = { type: 'freed' };
const elapsed: ModelEvent = { type: 'elapsed' };

describe('a model', () => {
  test('is loaded for the first holder, and not again for the next', () => {
    expect(walk(take)).toEqual({ state: { at: 'loading', inUse: true }, effects: [{ do: 'load' }] });
    expect(walk(take, loaded, release(), take)).toEqual({
      state: { at: 'loaded', inUse: true },
      effects: [{ do: 'disarm' }],
    });
  });

  test('stays for its time after a use, and goes when that is over', () => {
    expect(walk(take, loaded, release(300)).effects).toEqual([{ do: 'arm', ms: 300 }]);
    expect(walk(take, loaded, release(300), elapsed)).toEqual({
      state: { at: 'unloading' },
      effects: [{ do: 'free', because: 'idle' }],
    });
  });

  test('that is kept for no time is freed with its use', () => {
    expect(walk(take, loaded, release(0)).effects).toEqual([{ do: 'free', because: 'idle' }]);
    expect(walk(preload, { type: 'loaded', keepMs: 0 }).effects).toEqual([{ do: 'free', because: 'idle' }]);
  });

  test('that somebody wants gone goes when its holder is done, and not before', () => {
    expect(walk(take, loaded, unload)).toEqual({
      state: { at: 'loaded', inUse: true, leaving: 'evicted' },
      effects: [],
    });
    expect(walk(take, loaded, unload, release()).effects).toEqual([{ do: 'free', because: 'evicted' }]);
  });

  test('whose process ended while it was used is freed after that use', () => {
    expect(walk(take, loaded, lost, release()).effects).toEqual([{ do: 'free', because: 'broken' }]);
  });

  test('whose process ended while nobody used it is not in memory any more', () => {
    expect(walk(take, loaded, release(), lost).effects).toEqual([{ do: 'disarm' }, { do: 'free', because: 'broken' }]);
    expect(walk(take, loaded, release(), lost, freed).state).toEqual({ at: 'unloaded' });
  });

  test('loaded for whoever comes is taken over by who comes', () => {
    expect(walk(preload, take).effects).toEqual([]);
    expect(walk(preload, take, loaded)).toEqual({ state: { at: 'loaded', inUse: true }, effects: [] });
    expect(walk(preload, loaded).effects).toEqual([{ do: 'arm', ms: 300 }]);
  });

  test('that is abandoned while it loads is out once loading has ended', () => {
    for (const before of [
      [take, cancel],
      [take, unload, cancel],
      [preload, cancel],
    ]) {
      expect(walk(...before).effects).toEqual([{ do: 'abort-load' }]);
      expect(walk(...before, unload).effects).toEqual([]);
      expect(walk(...before, failed).state).toEqual({ at: 'unloaded' });
      expect(walk(...before, loaded).effects).toEqual([{ do: 'free', because: 'cancelled' }]);
    }
  });

  test('that is unloaded while a holder waits for it goes after that use', () => {
    expect(walk(take, unload).effects).toEqual([]);
    expect(walk(take, unload, failed).state).toEqual({ at: 'failed' });
    expect(walk(take, unload, loaded)).toEqual({
      state: { at: 'loaded', inUse: true, leaving: 'evicted' },
      effects: [],
    });
    expect(walk(preload, unload).effects).toEqual([{ do: 'abort-load' }]);
  });

  test('that could not be loaded may be tried again', () => {
    expect(walk(take, failed).state).toEqual({ at: 'failed' });
    expect(walk(take, failed, take).effects).toEqual([{ do: 'load' }]);
    expect(walk(take, failed, unload).state).toEqual({ at: 'unloaded' });
  });

  test('follows another time to stay while it is idle', () => {
    expect(walk(take, loaded, release(), keep(50)).effects).toEqual([{ do: 'arm', ms: 50 }]);
    expect(walk(take, loaded, release(), keep(0)).effects).toEqual([{ do: 'disarm' }, { do: 'free', because: 'idle' }]);
    expect(walk(take, loaded, keep(0)).effects).toEqual([]);
  });

  test('has one holder at a time', () => {
    for (const before of [[take], [take, loaded]]) {
      expect(walk(...before, take).effects).toMatchObject([{ do: 'fail' }]);
    }
  });
});

const events = fc.oneof(
  fc.constantFrom(take, preload, failed, freed, elapsed, lost),
  fc.constantFrom<ModelEvent>(unload, { type: 'unload', because: 'stopping' }),
  fc
    .constantFrom(0, 1, 300)
    .chain((keepMs) => fc.constantFrom<ModelEvent>({ type: 'loaded', keepMs }, release(keepMs), keep(keepMs))),
);

test('what is loaded is freed once, and only idle models have timers', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60 }), (walked) => {
      let state: ModelState = unloaded;
      let attempts = 0; // loads under way
      let inMemory = 0;
      let armed = false;
      for (const event of walked) {
        const next = step(state, event);
        const isRefused = next.effects.some((effect) => effect.do === 'fail');
        if (isRefused) {
          expect(next).toEqual({ state, effects: [{ do: 'fail', because: expect.stringContaining(event.type) }] });
          continue;
        }
        if (event.type === 'load-failed' || event.type === 'loaded') attempts -= 1;
        if (event.type === 'loaded') inMemory += 1;
        if (event.type === 'freed') inMemory -= 1;
        if (event.type === 'elapsed') armed = false;
        for (const effect of next.effects) {
          if (effect.do === 'load') attempts += 1;
          if (effect.do === 'arm') armed = true;
          if (effect.do === 'disarm') armed = false;
          if (effect.do === 'free') expect([inMemory, armed]).toEqual([1, false]);
        }
        ({ state } = next);
        expect(attempts).toBe(state.at === 'loading' ? 1 : 0);
        expect(inMemory).toBe(state.at === 'loaded' || state.at === 'unloading' ? 1 : 0);
        expect(armed).toBe(state.at === 'loaded' && !state.inUse);
      }
    }),
  );
});

test('from anywhere an unload and what follows from it leads out of memory', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 40 }), (walked) => {
      let { state } = walk(...walked);
      for (const event of [unload, failed, release(), unload, freed]) {
        const next = step(state, event);
        if (!next.effects.some((effect) => effect.do === 'fail')) ({ state } = next);
      }
      expect(state).toEqual({ at: 'unloaded' });
    }),
  );
});
