import { memoryProperties } from '../../../src/system/process/memory-scope.ts';
import type { ServiceFacts } from '../../../src/service/service.ts';
import { endOf } from '../../fakes/run-main.ts';

/** A service of an account whose folders have names that no text should trip over. */
export const someFacts = (changed: Partial<ServiceFacts> = {}): ServiceFacts => ({
  command: ['/home/ada b/50% ü/studio-worker', '--config', '/home/ada b/50% $HOME "ü"/config.toml', 'run'],
  variables: { PATH: '/usr/bin:/opt/a b/bin', HTTPS_PROXY: 'http://p%C3%A4th:$ecret@proxy.test:3128' },
  writable: ['/home/ada b/models', '/home/ada b/.cache', '/home/ada b/models'],
  isolated: true,
  memory: memoryProperties(32),
  stopSecs: 90,
  logPath: '/Users/ada b/Library/Logs/studio-worker.log',
  account: 'RIG-01\\ada <b> & ü',
  ...changed,
});

/** What a program prints, with the text on its stdin; its exit code along with it. */
export async function answerOf(
  command: readonly string[],
  input = '',
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string }> {
  const child = Bun.spawn([...command], {
    stdin: new Blob([input]),
    env: { ...process.env, ...variables },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const { code, out, err } = await endOf(child);
  return { code, output: out + err };
}
