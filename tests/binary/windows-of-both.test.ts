import { afterAll, beforeAll, expect } from 'bun:test';
import { join } from 'node:path';
import * as v from 'valibot';
import { seriousFaults } from '../page/axe.ts';
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
    /** Twice is harmless. */
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

/** As in the sidebar, and of `Ctrl+1` to `Ctrl+6`. */
const WINDOW_ORDER = ['Status', 'Jobs', 'Models', 'Config', 'Logs', 'About'];
const WORKER_TABS = ['Status', 'Models', 'Config', 'Logs', 'About', 'Jobs'];
const STUDIO_TABS = ['Overview', 'Workers', 'Models', 'Logs', 'Projects', 'Jobs'];

/** The executable as a studio and as a worker that asked it for approval. */
async function openScene() {
  const stack = new AsyncDisposableStack();
  const program = stack.use(await alone(await builtBinary()));
  const data = join(program.home, 'studio');
  const studio = stack.use(staying(program, ['studio', '--port', '0', '--data', data]));
  const url = (await studio.firstLine()).replace(/^studio:\s+/, '');
  const config = ['--config', join(program.home, 'config.toml')];
  await program.run(['register', '--api-base-url', url, ...config]);
  const worker = stack.use(staying(program, ['run', ...config]));
  const access = ['--url', url, '--token-file', join(data, 'operator-token')];
  const open = async (args: readonly string[]) =>
    stack.use(await windows.open({ url: await addressOf(program, args) }));
  const dashboard = await open(['studio', 'dashboard', ...access]);
  await dashboard.page.getByRole('button', { name: /^Approve / }).click();
  const window = await open(['ui', ...config]);
  await window.page.getByRole('heading', { name: 'Idle' }).waitFor();
  return { dashboard, window, worker, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

inChromium('a worker approved in one window shows its job in another', async () => {
  await using scene = await openScene();
  const { dashboard, window } = scene;
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

inChromium('the window of the executable is steered by keyboard until its worker ends', async () => {
  await using scene = await openScene();
  const { page, complaints } = scene.window;
  const title = (name: string) => page.getByRole('heading', { name }).first().waitFor();
  await page.keyboard.press('Control+.');
  await title('Paused');
  await page.keyboard.press('Control+.');
  await title('Idle');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [index, name] of WINDOW_ORDER.entries()) {
      await page.keyboard.press(`Control+${index + 1}`);
      await page.getByRole('heading', { level: 1, name }).waitFor();
      expect(await seriousFaults(page)).toEqual([]);
    }
  }
  await page.keyboard.press('Control+4');
  await page.getByLabel('Keep a model loaded for').fill('-5');
  await page.keyboard.press('Control+s');
  await page.locator('[aria-invalid="true"]').first().waitFor();
  await page.getByLabel('Keep a model loaded for').fill('42');
  await page.keyboard.press('Control+s');
  await page.getByText('Config saved').waitFor();
  await page.keyboard.press('Control+5');
  await page.locator('.log__row').first().waitFor();
  expect(complaints).toEqual([]);
  await scene.worker[Symbol.asyncDispose]();
  await page.keyboard.press('Control+1');
  await page.getByText('The worker is not reachable').first().waitFor();
});
