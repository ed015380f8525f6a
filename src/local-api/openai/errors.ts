import { writeJson } from '../../contract/json.ts';
import { isApiError } from '../contract/common.ts';
import type { Answerer } from '../parts.ts';

/** Below `/v1` clients read errors as OpenAI's API has them, whoever refuses: guard, router or handler. */
export const withOpenAiErrors =
  (answer: Answerer): Answerer =>
  async (request, peer) => {
    const response = await answer(request, peer);
    const isOpenAi = URL.parse(request.url)?.pathname.startsWith('/v1/') === true;
    return isOpenAi && response.status >= 400 ? await inOpenAiShape(response) : response;
  };

async function inOpenAiShape(response: Response): Promise<Response> {
  const body: unknown = await response.json();
  if (!isApiError(body)) return new Response(writeJson(body), response);
  const { error: code, message } = body;
  const error = { message, type: typeOf(response.status), param: paramOf(message), code };
  return new Response(writeJson({ error }), { status: response.status, headers: response.headers });
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429 || status === 503) return 'overloaded_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** Problems of a request begin with the path of the field. */
const paramOf = (message: string): string | null => /^([\w.[\]]+): /.exec(message)?.[1] ?? null;
