import * as v from 'valibot';
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { JobViewSchema } from '../../../src/contract/operator/views.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { pause } from '../../../src/base/pause.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { endOf } from '../../fakes/run-main.ts';
import { anImage } from './local-studio-scene.ts';
import type { SpawnedStudio } from './killed-studios.ts';

/** Nothing of this machine's settings reaches the program. */
const environment = (home: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  XDG_CONFIG_HOME: home,
  XDG_RUNTIME_DIR: home,
});

/** The program with these arguments, in a process of its own. */
export function spawnMain(home: string, argv: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const env = { ...environment(home), ...variables };
  return Bun.spawn([process.execPath, 'src/main.ts', ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `studio-worker studio` as its operator starts it. */
export async function studioCommand(
  dataDir: string,
  argv: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
) {
  const child = spawnMain(dataDir, ['studio', '--data', dataDir, ...argv], variables);
  const failed = async (): Promise<never> => {
    throw new Error(`the studio did not start: ${await new Response(child.stderr).text()}`);
  };
  const url = (await lineOf(child.stdout.getReader(), /^studio: +(\S+)$/m)) ?? (await failed());
  const operatorToken =
    variables['STUDIO_WORKER_STUDIO_TOKEN'] ?? (await readFile(join(dataDir, 'operator-token'), 'utf8')).trim();
  const call: SpawnedStudio['call'] = (method, path, body) =>
    fetch(`${url}/graphics/api${path}`, {
      method,
      headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: writeJson(body) }),
    });
  const ended = Promise.all([child.exited, new Response(child.stderr).text()]).then(([code, err]) => ({ code, err }));
  return { url, port: Number(new URL(url).port), operatorToken, call, child, ended };
}
export type StudioCommand = Awaited<ReturnType<typeof studioCommand>>;

async function lineOf(
  output: { read(): Promise<{ value?: Uint8Array | undefined }> },
  wanted: RegExp,
): Promise<string | undefined> {
  let text = '';
  for (;;) {
    const { value } = await output.read();
    if (value === undefined) return undefined;
    text += new TextDecoder().decode(value);
    const found = wanted.exec(text)?.[1];
    if (found !== undefined) return found;
  }
}

/** Creates jobs one after the other until it is stopped: those that were answered with 201, and all other answers. */
export function keepCreating({ call }: Pick<SpawnedStudio, 'call'>, stop: AbortSignal) {
  const [ids, refusals]: [string[], number[]] = [[], []];
  const done = (async () => {
    for (let at = 0; !stop.aborted; at++) {
      const draft = { task: at % 2 === 0 ? anLlmTask() : anImage, modelSource: synthetic };
      try {
        const answer = await call('POST', '/admin/jobs', draft);
        if (answer.status === 201) ids.push(v.parse(JobViewSchema, await answer.json()).id);
        else refusals.push(answer.status);
      } catch {
        await pause(systemClock, 50, stop); // nobody listens
      }
      await pause(systemClock, 10, stop);
    }
  })();
  return { ids, refusals, done };
}

/** `studio-worker studio migrate` to its end. */
export const migrateCommand = (
  home: string,
  argv: readonly string[],
  variables: Readonly<Record<string, string>> = {},
) => endOf(spawnMain(home, ['studio', 'migrate', ...argv, '--json'], variables));
