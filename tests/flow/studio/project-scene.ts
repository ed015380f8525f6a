import { SCOPES, type Scope } from '../../../src/contract/operator/tokens.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import type { FakeStudio } from '../../fakes/studio/fake-studio.ts';

interface TokenWish {
  readonly project?: string;
  readonly scopes?: readonly Scope[];
  readonly expiresInSeconds?: number;
  readonly name?: string;
}

/** A token of project `p` with every scope, unless it is to be another. */
export async function projectToken(studio: FakeStudio, wish: TokenWish = {}): Promise<string> {
  const answer = await studio.operator('POST', '/tokens', { project: 'p', scopes: SCOPES, ...wish });
  const { token } = (await answer.json()) as { readonly token?: string };
  if (token === undefined) throw new Error(`the studio answered ${answer.status}`);
  return token;
}

/** Asks the operator API with a token of one's own. */
export const asProject = (
  { url }: Pick<FakeStudio, 'url'>,
  token: string,
  ...[method, path, body]: readonly [method: string, path: string, body?: unknown]
): Promise<Response> =>
  fetch(`${url}${API_PREFIX}/admin${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
