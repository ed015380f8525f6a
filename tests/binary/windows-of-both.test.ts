import { afterAll, beforeAll, expect } from 'bun:test';
import { join } from 'node:path';
import * as v from 'valibot';
import { inChromium, openWindows } from '../page/browser.ts';
import { alone, type Alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';

beforeAll(() => builtBinary(), BUILD_LIMIT_MS);
const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** The executable as a process that stays, until it is disposed of. */
function staying(program: Alone, args: readonly string[]) {
  const child = Bun.spawn([program.path, ...args], {
    cwd: program.cwd,
    env: { ...program.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return {
    /** The first line of its output. */
    firstLine: async (): Promise<string> => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) {
        text += decoder.decode(chunk, { stream: true });
        if (text.includes('\n')) break;
      }
      return text.split('\n')[0] ?? '';
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      expect(await child.exited).toBe(0);
    },
  };
}

const Shown = v.object({ url: v.string() });
/** The address of a window, with the code that opens it. */
async function addressOf(program: Alone, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await program.run([...args, '--print', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return v.parse(Shown, JSON.parse(stdout)).url;
}

const WORKER_TABS = ['Status', 'Models', 'Config', 'Logs', 'About', 'Jobs'];
const STUDIO_TABS = ['Overview', 'Workers', 'Models', 'Logs', 'Jobs'];

inChromium('a worker approved in one window shows its job in another', async () => {
  await using program = await alone(await builtBinary());
  const data = join(program.home, 'studio');
  await using studio = staying(program, ['studio', '--port', '0', '--data', data]);
  const url = (await studio.firstLine()).replace(/^studio:\s+/, '');
  const config = ['--config', join(program.home, 'config.toml')];
  await program.run(['register', '--api-base-url', url, ...config]);
  await using _worker = staying(program, ['run', ...config]);
  const access = ['--url', url, '--token-file', join(data, 'operator-token')];
  await using dashboard = await windows.open({ url: await addressOf(program, ['studio', 'dashboard', ...access]) });
  await dashboard.page.getByRole('button', { name: /^Approve / }).click();
  await using window = await windows.open({ url: await addressOf(program, ['ui', ...config]) });
  await window.page.getByRole('heading', { name: 'Idle' }).waitFor();

  const go = (of: typeof window, name: string) => of.page.getByRole('navigation').getByRole('link', { name }).click();
  for (const name of STUDIO_TABS) {
    await go(dashboard, name);
    await dashboard.page.getByRole('heading', { level: 1, name }).waitFor();
  }
  await dashboard.page.getByText('1 worker can take it').waitFor();
  await dashboard.page.getByLabel('Prompt', { exact: true }).fill('a lighthouse at dusk');
  await dashboard.page.keyboard.press('Control+Enter');
  await dashboard.page.getByRole('region', { name: 'a lighthouse at dusk' }).getByRole('img').first().waitFor();
  for (const name of WORKER_TABS) {
    await go(window, name);
    await window.page.getByRole('heading', { level: 1, name }).waitFor();
  }
  await window.page.getByText('a lighthouse at dusk').first().waitFor();
  expect([dashboard.complaints, window.complaints]).toEqual([[], []]);
});
