import { toModelId } from '../../../src/base/ids.ts';
import type { CliDefaults } from '../../../src/contract/model-source.ts';
import type { RunContext } from '../../../src/engines/engine.ts';
import type { GradioSettings } from '../../../src/engines/gradio/generate.ts';
import { createGradioEngine } from '../../../src/engines/gradio/index.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createAskApp } from '../../../src/system/net/web-app.ts';
import { aTask, synthetic } from '../builders.ts';
import type { FakeClock } from '../system/fake-clock.ts';
import { fakeRandom } from '../system/fake-random.ts';
import { type GradioChoice, gradioApp } from './gradio-app.ts';
import { images } from './onnx-engine.ts';
import { USUAL } from './loading.ts';

/** What the app is like, what the config says of it, and what the model has by default. */
export interface GradioSceneChoice extends GradioChoice, Partial<GradioSettings> {
  readonly clock?: FakeClock;
  readonly defaults?: CliDefaults;
}

/** The engine and an app that it knows of. */
export async function gradioScene({
  clock,
  endpointUrl,
  apiName,
  allowPrivate = false,
  defaults,
  ...choice
}: GradioSceneChoice = {}) {
  const app = await gradioApp(choice);
  const abort = new AbortController();
  const hosts: string[] = [];
  const ask = createAskApp(() => undefined);
  const engine = createGradioEngine({
    settings: () => ({ endpointUrl: endpointUrl ?? app.url, apiName, allowPrivate }),
    ask: (url, request) => {
      hosts.push(new URL(url).origin);
      return ask(url, request);
    },
    images,
    clock: clock ?? systemClock,
    random: fakeRandom(),
  });
  const files = { model: toModelId('flux'), paths: new Map(), loras: [], defaults: defaults ?? synthetic.cliDefaults };
  return {
    app,
    engine,
    abort,
    hosts,
    paint: async (about: Readonly<Record<string, unknown>> = {}, progress: RunContext['progress'] = () => {}) => {
      const loaded = await engine.load(files, abort.signal, USUAL);
      const task = aTask({ kind: 'image', prompt: 'a golem', ...about });
      const result = await loaded.run(task, { signal: abort.signal, progress, emit: () => {} });
      if (result.is !== 'artifact') throw new Error('expected an image');
      return { ...result, facts: await images.probe(result.bytes) };
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
