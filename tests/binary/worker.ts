import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ffmpegVariables } from '../fakes/engines/ffmpeg.ts';
import { assertEndedByItself } from '../fakes/system/left-open.ts';
import type { FakeStudio } from '../fakes/studio/fake-studio.ts';
import type { Alone } from './built.ts';

/** The executable as the worker of a studio, until it is disposed of, which expects it to end well. `more` goes into its config. */
export async function serving(
  program: Alone,
  studio: FakeStudio,
  more: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { readonly pid: number }> {
  const { workerId, authToken, apiBaseUrl } = await studio.enrol();
  const config = join(program.home, 'config.toml');
  const lines = {
    api_base_url: apiBaseUrl,
    worker_id: workerId,
    auth_token: authToken,
    models_root: join(program.home, 'models'),
    ...more,
  };
  const toml = Object.entries(lines).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  await writeFile(config, `vram_threshold_gb = 12.0\n${toml.join('')}`, { mode: 0o600 });
  const worker = Bun.spawn([program.path, 'run', '--config', config], {
    cwd: program.cwd,
    env: { ...program.env, ...ffmpegVariables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stderr = new Response(worker.stderr).text();
  return {
    pid: worker.pid,
    [Symbol.asyncDispose]: async () => {
      worker.kill('SIGTERM');
      const code = await worker.exited;
      if (worker.signalCode === 'SIGKILL') return; // the test's own doing
      if (code !== 0) throw new Error(`the worker ended with ${code}`);
      assertEndedByItself(await stderr);
    },
  };
}
