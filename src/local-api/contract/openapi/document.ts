import type { JsonObject, JsonValue } from '../../../base/json.ts';
import { VERSION } from '../../../base/version.ts';
import { ApiErrorSchema } from '../common.ts';
import type { RouteAccess, Route } from '../route.ts';
import { ROUTE_NAMES, ROUTES } from '../routes.ts';
import { CONFIG_ROUTES } from '../routes/config.ts';
import { JOBS_ROUTES } from '../routes/jobs.ts';
import { MODELS_ROUTES } from '../routes/models.ts';
import { OPENAI_ROUTES } from '../routes/openai.ts';
import { PAGE_ROUTES } from '../routes/page.ts';
import { UNSERVED_ROUTES } from '../routes/unserved.ts';
import { toJsonSchema } from './json-schema.ts';

/** The API as an OpenAPI 3.1 document, made from the one table of routes. */
export function openApiDocument(): JsonObject {
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const name of ROUTE_NAMES) {
    const route: Route = ROUTES[name];
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'studio-worker',
      version: VERSION,
      description:
        'The local API of one running worker, on loopback. `local-api.json` beside the config names its URL and token.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:4787', description: 'The usual port; another one where it is taken.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of `local-api.json`.' },
        page: {
          type: 'apiKey',
          in: 'cookie',
          name: 'studio-worker-session-4787',
          description: 'The cookie of an open page; its name ends with the port.',
        },
      },
      schemas: { Error: toJsonSchema(ApiErrorSchema), OpenAiError: OPENAI_ERROR },
    },
  };
}

const TAGS = {
  worker: 'The worker as a whole.',
  config: 'Its settings.',
  jobs: 'Jobs that run, and those that ended lately.',
  models: 'The catalogue, what is on the disk, what is in memory.',
  page: 'How a window gets in.',
  absent: 'Parts of the contract that this release does not have.',
  openai: 'What clients of OpenAI’s API speak, with errors of its shape.',
} as const;

function tagOf(name: string): keyof typeof TAGS {
  if (Object.hasOwn(CONFIG_ROUTES, name)) return 'config';
  if (Object.hasOwn(JOBS_ROUTES, name)) return 'jobs';
  if (Object.hasOwn(MODELS_ROUTES, name)) return 'models';
  if (Object.hasOwn(OPENAI_ROUTES, name)) return 'openai';
  if (Object.hasOwn(UNSERVED_ROUTES, name)) return 'absent';
  return Object.hasOwn(PAGE_ROUTES, name) ? 'page' : 'worker';
}

/** As OpenAI's API answers a failure. */
const OPENAI_ERROR: JsonObject = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        code: { type: 'string' },
      },
      required: ['message', 'type', 'param', 'code'],
    },
  },
  required: ['error'],
};

const SECURITY: Readonly<Record<RouteAccess, readonly JsonObject[]>> = {
  anyone: [],
  bearer: [{ token: [] }],
  page: [{ token: [] }, { page: [] }],
};

function operation(name: string, route: Route): JsonObject {
  const { summary, access, request, status = 200 } = route;
  return {
    operationId: name,
    tags: [tagOf(name)],
    summary,
    security: SECURITY[access],
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: toJsonSchema(request) } } } }),
    responses: {
      [status]: answer(route),
      ...refusals(route, Object.hasOwn(OPENAI_ROUTES, name) ? 'OpenAiError' : 'Error'),
    },
  };
}

const pathParameters = ({ path }: Route): readonly JsonObject[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters({ query }: Route): readonly JsonObject[] {
  const properties = (query === undefined ? {} : toJsonSchema(query))['properties'] ?? {};
  if (typeof properties !== 'object') return [];
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

function answer({ answer: of }: Route): JsonObject {
  const content: Readonly<Record<typeof of.is, JsonObject>> = {
    json: { 'application/json': { schema: of.is === 'json' ? toJsonSchema(of.schema) : {} } },
    events: { 'text/event-stream': { schema: { type: 'string' } } },
    bytes: {
      [of.is === 'bytes' ? of.type : '']: {
        schema: { type: 'string', contentMediaType: of.is === 'bytes' ? of.type : '' },
      },
    },
    text: { [of.is === 'text' ? of.type : '']: { schema: { type: 'string' } } },
  };
  return { description: 'It went well.', content: content[of.is] };
}

/** What the guard answers on every route, and what this one does. */
function refusals({ access, errors = {} }: Route, shape: 'Error' | 'OpenAiError'): JsonObject {
  const guarded: Readonly<Record<string, readonly string[]>> = {
    403: ['forbidden_host', 'forbidden_origin'],
    413: ['too_large'],
    ...(access === 'anyone' ? {} : { 401: ['unauthorized'] }),
  };
  const statuses = [...new Set([...Object.keys(guarded), ...Object.keys(errors)])];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: [...(guarded[status] ?? []), ...(errors[Number(status)] ?? [])]
          .map((code) => `\`${code}\``)
          .join(', '),
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${shape}` } } },
      },
    ]),
  );
}
