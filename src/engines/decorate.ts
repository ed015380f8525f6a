import type { Engine } from './engine.ts';

/** What is done differently; everything else stays the engine's own. */
export interface Decoration {
  /** Read each time somebody asks. */
  readonly memory?: () => Engine['memory'];
  readonly readiness?: Engine['readiness'];
  readonly load?: Engine['load'];
}

/** An engine that does some things differently. What it advertises may change while the worker runs, so it is passed on live. */
export const decorate = (engine: Engine, { memory, readiness, load }: Decoration): Engine => ({
  id: engine.id,
  get models() {
    return engine.models;
  },
  get memory() {
    return memory === undefined ? engine.memory : memory();
  },
  get canRunLean() {
    return engine.canRunLean;
  },
  readiness: readiness ?? (() => engine.readiness()),
  load: load ?? ((files, signal, how) => engine.load(files, signal, how)),
});
