import type { LoadedModel } from '../engine.ts';
import type { HostedModel } from './hosted-model.ts';

/** A model in a child as the engine's own: what it says of itself is the child's, which is another one after a crash. */
export const loadedIn = (model: HostedModel, run: LoadedModel['run']): LoadedModel => ({
  get process() {
    return model.process;
  },
  get ranOn() {
    return model.ranOn;
  },
  run,
  [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
});
