import { expect, setDefaultTimeout, test } from 'bun:test';
import Ajv from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { openApiDocument } from '../../../src/local-api/contract/openapi/document.ts';
import { toJsonSchema } from '../../../src/local-api/contract/openapi/json-schema.ts';
import { ROUTE_NAMES, ROUTES } from '../../../src/local-api/contract/routes.ts';
import type { Route } from '../../../src/local-api/contract/route.ts';
import { UNSERVED_ROUTES } from '../../../src/local-api/contract/routes/unserved.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const OperationSchema = v.object({
  operationId: v.string(),
  tags: v.array(v.string()),
  summary: v.string(),
  parameters: v.array(v.object({ name: v.string(), in: v.string(), required: v.boolean() })),
  responses: v.record(v.string(), v.object({ description: v.pipe(v.string(), v.minLength(1)) })),
});
const DocumentSchema = v.object({
  openapi: v.literal('3.1.0'),
  paths: v.record(v.string(), v.record(v.string(), OperationSchema)),
  tags: v.array(v.object({ name: v.string() })),
});

const read = (document: unknown) => v.parse(DocumentSchema, document);
const ajv = new Ajv({ strict: true, allowUnionTypes: true });

test('every route of the table is in the document, once, with its parameters', () => {
  const { paths, tags } = read(openApiDocument());
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => Object.assign({ path, method }, operation)),
  );
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(ROUTE_NAMES.toSorted());
  for (const { path, parameters, operationId, tags: own } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    expect(
      parameters.filter((one) => one.in === 'path').map(({ name }) => name),
      operationId,
    ).toEqual(inPath);
    expect(tags.map(({ name }) => name)).toContain(own[0] ?? '');
  }
});

test('every schema of the document is a JSON Schema, and every reference resolves', () => {
  const text = JSON.stringify(openApiDocument());
  const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target));
  expect([...references].toSorted()).toEqual(['#/components/schemas/Error', '#/components/schemas/OpenAiError']);
  for (const name of ROUTE_NAMES) {
    const { answer, request, query }: Route = ROUTES[name];
    for (const schema of [request, query, answer.is === 'json' ? answer.schema : undefined]) {
      if (schema !== undefined) expect(ajv.validateSchema(toJsonSchema(schema)), name).toBe(true);
    }
  }
});

test('what a worker answers is what its document says', async () => {
  await using at = await setupApi();
  const { id } = await at.studio.createJob(anLlmTask());
  await at.studio.jobIs(id, 'completed');
  await at.worker.done();
  const reads = ROUTE_NAMES.map((name): [string, Route] => [name, ROUTES[name]]).filter(
    ([name, route]) => route.method === 'GET' && route.answer.is === 'json' && !(name in UNSERVED_ROUTES),
  );
  expect(reads.length).toBeGreaterThan(8);
  for (const [name, { path, answer }] of reads) {
    if (answer.is !== 'json') continue;
    const asked = path.startsWith('/models/') ? path.replace(':id', 'synthetic') : path.replace(':id', id);
    const { body } = await at.ask(asked);
    const validate = ajv.compile(toJsonSchema(answer.schema));
    expect(validate(body) ? [] : validate.errors, name).toEqual([]);
  }
});

test.each([
  ['POST', '/vision/detect', 501, 'not_served'],
  ['POST', '/stream-tokens', 503, 'stream_listener_down'],
  ['GET', '/wake-words/one/files/report.md', 503, 'wake_words_unavailable'],
  ['DELETE', '/voice-samples/mine', 503, 'voice_samples_unavailable'],
])('%s %s says that this release has no such part', async (method, path, status, error) => {
  await using at = await setupApi();
  expect(await at.ask(path, { method })).toMatchObject({ status, body: { error } });
});

test('a kind of schema that nobody described is refused, not guessed', () => {
  expect(() => toJsonSchema(v.date())).toThrow('of the kind date');
});

test('what is sent is described, not what it becomes', () => {
  const schema = v.object({ n: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number), v.minValue(3)) });
  expect(toJsonSchema(schema)).toEqual({
    type: 'object',
    properties: { n: { type: 'string', pattern: String.raw`^\d+$` } },
    required: ['n'],
  });
});
