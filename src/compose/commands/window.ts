import { pause } from '../../base/pause.ts';
import { WorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { OpenedWindow, WindowChoice } from '../../cli/world/window.ts';
import { siblingsOf } from '../../config/paths.ts';
import { readPageCode } from '../../contract/page/access.ts';
import { readFoundApi } from '../../local-api/contract/found-api.ts';
import { type StartDetached, startDetached } from '../../system/desktop/detached.ts';
import { childEnvironment, ourVariables, ownCommand, ownEnvironment } from '../../system/process/processes.ts';
import { windowWays } from '../../ui/browsers.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openService } from './service.ts';

/** A worker on this machine answers in milliseconds. */
const ANSWER_MS = 3 * SECOND_MS;
/** From a start to an API that listens; a slow disk and a first unpacking of native files are in it. */
const START_MS = 20 * SECOND_MS;
const LOOK_AGAIN_MS = 250;
/** A browser that hands a page to one that runs ends at once; one that cannot show it has failed by then. */
const SHOW_MS = 1.5 * SECOND_MS;

type Asked = Pick<Effects, 'clock' | 'files' | 'http' | 'environment'>;

/**
 * Opens the window of the worker that runs with a config, and starts one where none does. A worker that a service starts is
 * left to it.
 *
 * @throws WorkerError `worker.not-running` | `worker.unresponsive`
 */
export async function openWindow(
  { configPath, printOnly }: WindowChoice,
  effects: Effects,
  start: StartDetached = startDetached,
): Promise<OpenedWindow> {
  const path = await configPathOf(configPath, effects);
  const running = await pageUrl(path, effects);
  const url = running ?? (await startWorker(path, { named: configPath, start }, effects));
  const shown = printOnly ? 'none' : await show(url, start, effects);
  return { shown, url, startedWorker: running === undefined };
}

/** An address that opens the page once; undefined where no worker with this config serves one. */
async function pageUrl(path: string, { files, http }: Asked): Promise<string | undefined> {
  const found = readFoundApi((await files.readText(siblingsOf(path).localApi)) ?? '');
  if (found === undefined) return undefined;
  const request = {
    method: 'POST',
    url: `${found.url}/page/codes`,
    headers: { authorization: `Bearer ${found.token}` },
    stallMs: ANSWER_MS,
  } as const;
  // The file of a worker that was killed names an address where nobody listens any more, or somebody else.
  const answer = await http.request(request).catch(() => undefined);
  return answer?.status === 201 ? readPageCode(new TextDecoder().decode(answer.body))?.url : undefined;
}

interface Starting {
  /** The config file as it was named on the command line. */
  readonly named: string | undefined;
  readonly start: StartDetached;
}

/** Starts a worker that goes on without us, and waits until it serves its page. */
async function startWorker(path: string, { named, start }: Starting, effects: Effects): Promise<string> {
  await assertNoService(named, effects);
  const [program = '', ...first] = ownCommand();
  const started = await start(program, [...first, 'run', '--config', path], {
    env: ownEnvironment(ourVariables()),
    waitMs: LOOK_AGAIN_MS,
  });
  const until = effects.clock.elapsed() + (started === 'failed' ? 0 : START_MS);
  while (effects.clock.elapsed() < until) {
    const url = await pageUrl(path, effects);
    if (url !== undefined) return url;
    await pause(effects.clock, LOOK_AGAIN_MS);
  }
  throw new WorkerError('worker.not-running', 'a worker was started for the window, and serves none', {
    hint: 'Run `studio-worker run` in a terminal to see why.',
  });
}

/** Two would race for the same lock, and the one that lost would be the one that is kept alive. */
async function assertNoService(named: string | undefined, effects: Effects): Promise<void> {
  const service = await openService(named, effects).catch(() => undefined);
  const state = await service?.state().catch(() => undefined);
  if (service === undefined || state === undefined || state === 'not-installed') return;
  throw new WorkerError('worker.not-running', `the worker is a service of ${service.manager}, which does not run now`, {
    hint: 'Start the service, or run `studio-worker doctor` to see why it stopped.',
  });
}

async function show(url: string, start: StartDetached, { environment }: Asked): Promise<OpenedWindow['shown']> {
  const env = childEnvironment(ourVariables());
  for (const { how, program, args } of windowWays(url, environment)) {
    if ((await start(program, args, { env, waitMs: SHOW_MS })) === 'started') return how;
  }
  return 'none';
}
