import { expect, test } from 'bun:test';
import { readApp } from '../../../../src/engines/gradio/app.ts';
import { createAskApp } from '../../../../src/system/net/web-app.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';

test('an app that times out is named with limit and remedy', async () => {
  const asked = Promise.withResolvers<void>();
  using server = Bun.serve({
    port: 0,
    fetch: () => {
      asked.resolve();
      return new Promise<Response>(() => {});
    },
  });
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const url = `http://127.0.0.1:${server.port}/config`;
  const access = { ask: createAskApp(() => undefined), clock, signal };
  const failure = failureOf(readApp(url, { ...access, limitMs: 5_000, maxBytes: 100 }));
  await within(10_000, 'the question', asked.promise);
  clock.advance(5_000);
  expect(await within(10_000, 'the failure', failure)).toMatchObject({
    code: 'engine.failed',
    message: `the Gradio app at ${url} does not answer: no complete answer within 5 s`,
    hint: 'Start the app, or correct `gradio_endpoint_url` in the config.',
  });
  expect(clock.armed).toBe(0);
});
