import { expect, setDefaultTimeout, test } from 'bun:test';
import * as fc from 'fast-check';
import * as v from 'valibot';
import { resultIs, type Task } from '../../../src/contract/tasks/index.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { READY } from '../../../src/engines/readiness.ts';
import type { TaskResult } from '../../../src/engines/result.ts';
import { ApiErrorSchema, readRefusal } from '../../../src/local-api/contract/common.ts';
import { openApiDocument } from '../../../src/local-api/contract/openapi/document.ts';
import type { Route } from '../../../src/local-api/contract/route.ts';
import { ROUTE_NAMES, ROUTES } from '../../../src/local-api/contract/routes.ts';
import { synthetic } from '../../fakes/builders.ts';
import { type JsonSchema, nearly, valuesOf } from '../../fakes/json-schema-values.ts';
import { TEST_MS } from '../wait-for.ts';
import { type ApiScene, setupApi } from './scene.ts';

/*
 * Requests made from the OpenAPI document: what it says of a body, and what nearly fits. A failure prints its seed and the
 * smallest request that fails.
 */

setDefaultTimeout(TEST_MS);

/** What they do ends the worker, or reaches for a release; their own tests see to them. */
const NOT_HERE = new Set(['shutdown', 'restart', 'update', 'control']);
const RUNS = { numRuns: 20 };
/** Longer than any of these requests may take. */
const HANGS_MS = 10_000;

const KINDS = ['llm', 'image', 'audio_tts', 'audio_stt', 'video', 'mesh'] as const;
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const MEANING = {
  model: ['', ...KINDS],
  id: ['', ...KINDS],
  url: [PIXEL],
  image_url: [{ url: PIXEL }],
  images: [[PIXEL]],
  response_format: [{ type: 'text' }],
  initImageUrl: [PIXEL],
  inputUrl: ['data:audio/wav;base64,UklGRg=='],
};

const CHAT = {
  object: 'chat.completion',
  model: 'any',
  choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

/** A result of the right shape at once, whatever is asked. */
function resultOf(task: Task): TaskResult {
  if (resultIs(task.kind) === 'artifact') return { is: 'artifact', bytes: new Uint8Array(9), ext: 'bin' };
  if (task.kind !== 'llm') return { is: 'json', value: { text: 'yes', language: 'en', duration: 1 } };
  if (task.local?.is === 'vectors') {
    return { is: 'json', value: { vectors: task.local.texts.map(() => [1, 0]), tokens: 1 } };
  }
  return { is: 'json', value: task.local?.is === 'tokens' ? { tokens: [1] } : CHAT };
}

const anyEngine = (): Engine => ({
  id: 'synthetic',
  models: Object.fromEntries(KINDS.map((kind) => [kind, ['any']])),
  memory: 'none',
  canRunLean: false,
  readiness: () => Promise.resolve(READY),
  load: () =>
    Promise.resolve({
      process: undefined,
      ranOn: undefined,
      where: undefined,
      run: (task: Task) => Promise.resolve(resultOf(task)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
});

async function setup(): Promise<ApiScene> {
  const at = await setupApi({ engines: [anyEngine()] });
  for (const kind of KINDS) await at.post('/models', { id: kind, kind, source: synthetic });
  return at;
}

const OperationSchema = v.object({
  requestBody: v.optional(v.object({ content: v.record(v.string(), v.object({ schema: v.unknown() })) })),
  parameters: v.array(v.object({ name: v.string(), in: v.string() })),
});
const PathsSchema = v.object({ paths: v.record(v.string(), v.record(v.string(), v.unknown())) });
const { paths } = v.parse(PathsSchema, openApiDocument());

const operations = ROUTE_NAMES.filter((name) => !NOT_HERE.has(name)).map((name) => {
  const route: Route = ROUTES[name];
  const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
  return [name, route, v.parse(OperationSchema, paths[path]?.[route.method.toLowerCase()])] as const;
});
type Operation = v.InferOutput<typeof OperationSchema>;

interface Sent {
  readonly path: string;
  readonly body: unknown;
}

function requestsOf({ path }: Route, { requestBody, parameters }: Operation): fc.Arbitrary<Sent> {
  const schema = requestBody?.content['application/json']?.schema as JsonSchema | undefined;
  const bodies = schema === undefined ? fc.constant(undefined) : valuesOf(schema, MEANING);
  const id = fc.oneof(fc.constantFrom(...KINDS), fc.string({ minLength: 1 }));
  const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const query = names.length === 0 ? fc.constant({}) : fc.dictionary(fc.constantFrom(...names), fc.string());
  return fc
    .tuple(fc.oneof(bodies, schema === undefined ? bodies : nearly(bodies)), id, query)
    .map(([body, given, asked]) => {
      const filled = path.replaceAll(/:\w+/g, () => encodeURIComponent(given).replaceAll('.', '%2E'));
      return { path: `${filled}?${new URLSearchParams(asked)}`, body };
    });
}

/** The answer to one request, or its beginning where it has no end. */
async function answerTo(at: ApiScene, method: string, { path, body }: Sent) {
  const leaving = new AbortController();
  const response = await fetch(`${at.api.url}${path}`, {
    method,
    signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(HANGS_MS)]),
    headers: { authorization: `Bearer ${at.api.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const isEndless = path.startsWith('/events');
  const text = isEndless ? '' : await response.text();
  if (isEndless) leaving.abort();
  return { status: response.status, type: response.headers.get('content-type') ?? '', text };
}

/** It went well as the document says, or was refused in the shape of its route. A 500 would be the worker's own fault. */
function expectAnswer({ status, type, text }: Awaited<ReturnType<typeof answerTo>>, route: Route): void {
  expect(status).not.toBe(500);
  if (status >= 400) {
    expect(readRefusal(text)).toBeDefined();
    if (!route.path.startsWith('/v1/')) v.parse(ApiErrorSchema, JSON.parse(text));
  } else if (route.answer.is === 'json' && type === 'application/json') {
    v.parse(route.answer.schema, JSON.parse(text));
  }
}

test.each(operations)('%s answers what the document says, and refuses the rest', async (_name, route, operation) => {
  await using at = await setup();
  await fc.assert(
    fc.asyncProperty(requestsOf(route, operation), async (sent) => {
      expectAnswer(await answerTo(at, route.method, sent), route);
    }),
    RUNS,
  );
  expect((await at.ask('/healthz')).status).toBe(200);
});
