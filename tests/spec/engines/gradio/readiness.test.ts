import { expect, test } from 'bun:test';
import { PAINTER, parameter } from '../../../fakes/engines/gradio-app.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { gradioScene } from '../../../fakes/engines/gradio-scene.ts';
import { READY } from '../../../../src/engines/readiness.ts';

test('without an app the engine says how to name one', async () => {
  await using scene = await gradioScene({ endpointUrl: '' });
  expect(await scene.engine.readiness()).toEqual({
    ready: false,
    where: undefined,
    configured: false,
    because: 'no Gradio app is named in the config',
    hint: expect.stringContaining('gradio_endpoint_url = "http://127.0.0.1:7860"'),
  });
  expect(await failureOf(scene.paint())).toHaveProperty('code', 'engine.unavailable');
});

test('an app that answers stays ready without another request', async () => {
  await using scene = await gradioScene();
  expect(await scene.engine.readiness()).toEqual(READY);
  expect(await scene.engine.readiness()).toEqual(READY);
  expect(scene.app.asked).toEqual(['/config', '/gradio_api/info']);
});

test.each([
  ['ftp://127.0.0.1/', 'gradio_endpoint_url is not a plain http(s) URL: ftp://127.0.0.1/'],
  ['http://me:secret@127.0.0.1:7860/', 'gradio_endpoint_url is not a plain http(s) URL: http://127.0.0.1:7860/'],
  ['http://192.168.1.7:7860', 'gradio_endpoint_url points to another machine: 192.168.1.7:7860'],
  ['https://someone.hf.space', 'gradio_endpoint_url points to another machine: someone.hf.space'],
])('an app at %s is not asked', async (endpointUrl, because) => {
  await using scene = await gradioScene({ endpointUrl });
  expect(await scene.engine.readiness()).toMatchObject({ ready: false, because });
  expect(scene.hosts).toEqual([]);
});

test('an app that is missing, foreign or asks for a login is distinguished', async () => {
  await using gone = await gradioScene();
  await gone.app[Symbol.asyncDispose]();
  expect(await gone.engine.readiness()).toMatchObject({ ready: false, because: expect.stringContaining('not answer') });
  await using page = await gradioScene({ faults: { html: true } });
  expect(await page.engine.readiness()).toMatchObject({
    ready: false,
    because: expect.stringContaining('is not a Gradio app'),
  });
  await using locked = await gradioScene({ faults: { asksForLogin: true } });
  expect(await locked.engine.readiness()).toMatchObject({ ready: false, because: expect.stringContaining('a login') });
});

test.each([
  ['/config', { config: { components: 'none' } }, 'components: expected Array'],
  ['/config', { config: { dependencies: null } }, 'dependencies: expected Array'],
  ['/config', { config: { api_prefix: 7 } }, 'api_prefix: expected string'],
  ['/config', { config: { api_prefix: '@elsewhere.example' } }, 'api_prefix: expected a path'],
  ['/gradio_api/info', { info: { named_endpoints: 7 } }, 'named_endpoints: expected Object'],
])('an app whose %s is %j is named with the field', async (path, pages, problem) => {
  await using scene = await gradioScene({ pages });
  expect(await failureOf(scene.paint())).toMatchObject({
    code: 'engine.unavailable',
    message: `${scene.app.url}${path} is not a Gradio app of version 4 or later: ${problem}`,
  });
  expect(new Set(scene.hosts)).toEqual(new Set([scene.app.url]));
});

test('entries of an app that cannot be read are left out', async () => {
  const named = { '/odd': 7, '/go': { parameters: [{ parameter_name: 'prompt' }, null], returns: [{}, 'Image'] } };
  const config = { components: [null, 7, { id: 'x' }], dependencies: [null, { api_name: false }] };
  await using scene = await gradioScene({ pages: { config, info: { named_endpoints: named } } });
  expect(await scene.engine.readiness()).toEqual(READY);
});

test('of several endpoints the one that generates images is taken', async () => {
  const endpoints = {
    '/clear': { parameters: [] },
    '/describe': { parameters: [parameter('prompt')], returns: ['Textbox'] },
    '/paint': { parameters: [parameter('Prompt')], returns: ['Gallery'] },
  };
  await using scene = await gradioScene({ endpoints });
  await scene.paint();
  expect(scene.app.calls).toEqual([{ Prompt: 'a golem' }]);
});

test('of two endpoints that generate images the operator names one', async () => {
  const endpoints = { '/fast': PAINTER, '/fine': PAINTER };
  await using unnamed = await gradioScene({ endpoints });
  expect(await unnamed.engine.readiness()).toMatchObject({
    ready: false,
    because: `several endpoints of the Gradio app at ${unnamed.app.url} generate images: /fast, /fine`,
    hint: expect.stringContaining('gradio_api_name'),
  });
  await using named = await gradioScene({ endpoints, apiName: 'fine' });
  expect(await named.engine.readiness()).toEqual(READY);
  await using misnamed = await gradioScene({ endpoints, apiName: '/best' });
  expect(await misnamed.engine.readiness()).toMatchObject({ because: expect.stringContaining('/fast, /fine') });
});

test('an endpoint lacking a prompt or needing more is rejected', async () => {
  await using mute = await gradioScene({
    endpoints: { '/go': { parameters: [parameter('query'), parameter('n', 1)] } },
  });
  expect(await failureOf(mute.paint())).toMatchObject({
    code: 'engine.unavailable',
    message: 'the endpoint /go of the Gradio app has no parameter for the prompt; it has: query, n',
  });
  await using greedy = await gradioScene({
    endpoints: { '/go': { parameters: [parameter('prompt'), parameter('lora')], returns: ['Image'] } },
  });
  expect(await failureOf(greedy.paint())).toMatchObject({
    code: 'engine.unavailable',
    message: 'the endpoint /go of the Gradio app requires parameters that no task provides: lora',
  });
});
