import { toWorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Engine } from '../engine.ts';
import { assertKind } from '../failures.ts';
import { READY, type Readiness } from '../readiness.ts';
import type { GradioOptions } from './generate.ts';
import { noApp } from './no-app.ts';

/** An answer about readiness is good for as long. */
const KNOWN_FOR_MS = 20 * SECOND_MS;

/** Generates images with an app on this machine that was made with Gradio. The app holds its model itself. */
export function createGradioEngine(options: GradioOptions): Engine {
  const { settings, clock } = options;
  let known: { readonly key: string; readonly until: number; readonly readiness: Promise<Readiness> } | undefined;
  return {
    id: 'gradio',
    models: { image: ['gradio:*'] },
    memory: 'none',
    canRunLean: false,
    readiness: () => {
      const now = settings();
      const key = JSON.stringify([now.endpointUrl, now.apiName, now.allowPrivate]);
      if (known?.key !== key || known.until <= clock.elapsed()) {
        known = { key, until: clock.elapsed() + KNOWN_FOR_MS, readiness: readinessOf(options) };
      }
      return known.readiness;
    },
    load: async (model, signal) => {
      signal.throwIfAborted();
      return {
        process: undefined,
        ranOn: undefined,
        where: undefined,
        run: async (task, context) => {
          assertKind(task, 'image', 'gradio');
          const { generate } = await import('./generate.ts');
          return await generate(task, model.defaults, { options, context });
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

async function readinessOf(options: GradioOptions): Promise<Readiness> {
  const { endpointUrl } = options.settings();
  if (endpointUrl === undefined || endpointUrl === '') return unready(noApp(), false); // and nothing more is loaded
  const { findApp } = await import('./generate.ts');
  const { signal } = new AbortController();
  return await findApp(options, signal).then(
    () => READY,
    (thrown: unknown) => unready(thrown, true),
  );
}

function unready(thrown: unknown, configured: boolean): Readiness {
  const { message, hint } = toWorkerError(thrown);
  return { ready: false, because: message, hint: hint ?? '', where: undefined, configured };
}
