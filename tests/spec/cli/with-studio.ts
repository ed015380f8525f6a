import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../../src/contract/json.ts';
import type { World } from '../../../src/cli/world.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createOperatorClient } from '../../../src/operator/client.ts';
import { createHttp } from '../../../src/system/net/http-client.ts';
import { setup, type Setup } from './a-world.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly body: unknown;
}
export type Answers = Readonly<Record<string, (seen: Seen) => Response>>;

export interface StudioSetup extends Setup {
  readonly seen: readonly Seen[];
}

/** The command line with a real HTTP server on the other side; each test says what that answers. */
export async function withStudio(
  answers: Answers = {},
  env: Record<string, string> = {},
  world: Partial<World> = {},
): Promise<StudioSetup> {
  const seen: Seen[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const url = new URL(request.url);
      const path = url.pathname.replace('/graphics/api/admin', '') + url.search;
      const text = await request.text();
      const token = request.headers.get('authorization');
      const call = { method: request.method, path, token, body: text === '' ? undefined : parseJson(text) };
      seen.push(call);
      const answer = answers[`${call.method} ${path}`] ?? answers[`${call.method} ${path.split('?')[0]}`];
      return answer?.(call) ?? Response.json({ error: 'not-found', message: 'no such thing' }, { status: 404 });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const http = createHttp({ clock: systemClock, env: () => undefined });
  const cli = await setup({
    env,
    world: { operator: async (at) => createOperatorClient({ http, ...at }), clock: systemClock, ...world },
  });
  const studioDefaults = { ...cli.world.studioDefaults, url };
  await writeFile(join(cli.folder, 'operator-token'), 'from-data-dir\n');
  const { runCli } = await import('../../../src/cli/cli.ts');
  return {
    ...cli,
    seen,
    run: (...argv) => runCli(argv, { ...cli.world, studioDefaults }),
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
      await cli[Symbol.asyncDispose]();
    },
  };
}
