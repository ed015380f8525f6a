import { expect, test } from 'bun:test';
import { createServerApi } from '../../../../src/engines/sd-cpp/server/server-api.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { createHttp } from '../../../../src/system/net/http-client.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const http = createHttp({ clock: systemClock, env: () => undefined, userAgent: 'studio-worker/test' });

/** The API of a server that answers everything with one body. */
function answering(body: string | object, status = 200) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response(text, { status }) });
  const api = createServerApi(http, Number(server.port));
  return { api, [Symbol.asyncDispose]: () => server.stop(true) };
}

const MODEL = { path: '/models/fox.gguf' };

test('a server that reports its model alone can do nothing else', async () => {
  await using server = answering({ model: MODEL, supported_modes: ['img_gen'], loras: null });
  expect(await server.api.capabilities()).toEqual({
    modelPath: MODEL.path,
    makesImages: true,
    samplers: new Set(),
    formats: new Set(),
    loras: new Set(),
    features: new Set(),
  });
});

test.each([
  ['a page for people', '<!doctype html>'],
  ['no model', { supported_modes: ['img_gen'] }],
  ['modes that are no list', { model: MODEL, supported_modes: 'img_gen' }],
  ['samplers that are no names', { model: MODEL, supported_modes: ['img_gen'], samplers: [1] }],
  ['LoRA files without paths', { model: MODEL, supported_modes: ['img_gen'], loras: ['fox'] }],
  ['features that are no record', { model: MODEL, supported_modes: [], features_by_mode: { img_gen: 7 } }],
])('a server that answers with %s has no job API', async (_what, body) => {
  await using server = answering(body);
  expect(await server.api.capabilities()).toBe('unknown');
});

test.each([
  ['<!doctype html>', 202, 'engine.failed', 'sd-server answered 202: not JSON'],
  [{ id: 7 }, 202, 'engine.failed', 'sd-server answered 202: id: expected string'],
  [{ error: 'no such sampler' }, 400, 'task.invalid', 'sd-server answered 400: no such sampler'],
  [{ error: { message: 'no' } }, 500, 'engine.failed', 'sd-server answered 500: error: expected string'],
])('a job answered with %j and %d is not queued', async (body, status, code, message) => {
  await using server = answering(body, status);
  expect(await failureOf(server.api.submit({}))).toMatchObject({ code, message });
});

test.each([
  ['not JSON', '<!doctype html>', 'its answer cannot be read: not JSON'],
  ['no object', [], 'its answer cannot be read: status: is missing'],
  ['a state that is no word', { status: 7 }, 'its answer cannot be read: status: expected string'],
  [
    'an image that is no text',
    { status: 'completed', result: { images: [{ b64_json: 7 }] } },
    'its answer cannot be read: result.images.0.b64_json: expected string',
  ],
  ['no image', { status: 'completed', result: { images: [] } }, 'its job ended completed'],
  ['a state that nobody knows', { status: 'paused', result: null, error: null }, 'its job ended paused'],
])('a job whose answer is %s has failed, with the field named', async (_what, body, because) => {
  await using server = answering(body);
  expect(await server.api.jobState('job_0')).toEqual({ is: 'failed', because });
});
