import { afterAll, expect } from 'bun:test';
import * as v from 'valibot';
import { serveLocalApi } from '../fakes/serve-local-api.ts';
import { pageShell } from '../../src/compose/page-shell.ts';
import { PageCodeSchema } from '../../src/contract/page/access.ts';
import { anLlmTask, aTask } from '../fakes/builders.ts';
import { ScriptedEngine } from '../fakes/engines/scripted-engine.ts';
import { setup, type SceneChoice } from '../flow/harness.ts';
import { inChromium, openWindows } from './browser.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** A whole worker with its real API, and a window that was opened with a code. */
async function openWorker(choice: SceneChoice = {}) {
  const scene = await setup({ ...choice, config: { local_api_port: 0, ...choice.config } });
  const { composed, effects, config, log, engines } = scene.worker;
  const api = (await serveLocalApi(composed, { effects, config, log, engines, shell: pageShell('worker') }))!;
  const answer = await fetch(`${api.url}/page/codes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}` },
  });
  const { url } = v.parse(PageCodeSchema, await answer.json());
  const { page, complaints, ...window } = await windows.open({ url });
  return {
    scene,
    api,
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

inChromium('a window shows a worker’s approval, job and idle state by itself', async () => {
  const engine = new ScriptedEngine();
  await using open = await openWorker({ engines: [engine], credentials: undefined });
  const { page, scene, complaints } = open;
  await page.getByRole('heading', { name: 'Waiting for approval' }).waitFor();
  expect(page.url()).toEndWith('#status');
  await scene.studio.approve();
  await scene.worker.live();
  await page.getByRole('heading', { name: 'Idle' }).waitFor();
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  await page.getByRole('heading', { name: 'Busy' }).waitFor();
  run.finish();
  await scene.studio.jobIs(id, 'completed');
  await page.getByRole('heading', { name: 'Idle' }).waitFor();
  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByText('Today, 1 job').waitFor();
  await page.locator('.row--job').click();
  await page.getByRole('heading', { name: 'Log of this job' }).waitFor();
  await page.locator('.log__row').first().waitFor();
  expect(page.url()).toEndWith(`#jobs/${id}`);
  expect(complaints).toEqual([]);
});

inChromium('a worker paused in its window takes no job until resumed there', async () => {
  await using open = await openWorker();
  const { page, scene } = open;
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('heading', { name: 'Paused' }).waitFor();
  expect(scene.worker.status()).toMatchObject({ paused: true, enabled: true });
  const { id } = await scene.studio.createJob(anLlmTask());
  await page.getByRole('button', { name: 'Resume' }).click();
  await scene.studio.jobIs(id, 'completed');
  expect(scene.worker.status().paused).toBe(false);
});

inChromium('a job that is handed back in the window goes to the studio again', async () => {
  const engine = new ScriptedEngine();
  await using open = await openWorker({ engines: [engine] });
  const { page, scene } = open;
  await scene.studio.createJob(anLlmTask());
  await engine.started();
  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('button', { name: 'Hand back' }).click();
  await page.getByText('Job handed back').waitFor();
});

inChromium('a page that nobody gave a code sees nothing of the worker', async () => {
  await using open = await openWorker();
  const stranger = await windows.open({ url: open.api.url });
  await stranger.page.getByRole('heading', { name: 'This window is signed out' }).waitFor();
  await stranger[Symbol.asyncDispose]();
});

inChromium('hours set in the window are in the file and count at once', async () => {
  await using open = await openWorker();
  const { page, scene } = open;
  await page.getByRole('link', { name: 'Config' }).click();
  await page.getByRole('button', { name: 'Add hours' }).click();
  const hours = page.getByRole('group', { name: 'Hours 1' });
  await hours.getByLabel('From').fill('25:00');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('schedule, window 1: `from` takes a time such as "22:00", not "25:00"').first().waitFor();
  await hours.getByLabel('From').fill('22:30');
  for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri']) await hours.getByLabel(day).uncheck();
  await hours.getByLabel('Time zone').fill('Europe/Amsterdam');
  await page.keyboard.press('Control+S'); // the refusal still stands over the button
  await page.getByText('Config saved').waitFor();
  expect(scene.worker.config.current.schedule).toEqual([
    { from: '22:30', to: '07:00', days: ['sat', 'sun'], time_zone: 'Europe/Amsterdam' },
  ]);
  expect(scene.worker.status().conditions).toMatchObject([{ what: 'schedule' }]);
});

inChromium('a setting saved in the window is in the file and applies at once', async () => {
  await using open = await openWorker();
  const { page, scene } = open;
  await page.getByRole('link', { name: 'Config' }).click();
  await page.getByLabel('Keep a model loaded for').fill('42');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Config saved').waitFor();
  expect(scene.worker.config.current.keep_warm_secs).toBe(42);
  expect(await Bun.file(`${scene.worker.folder}/config.toml`).text()).toContain('keep_warm_secs = 42');
});

inChromium('a model added to the catalogue appears, and leaves once removed', async () => {
  await using open = await openWorker();
  const { page, api } = open;
  await page.getByRole('link', { name: 'Models' }).click();
  await page.getByText('The catalogue is empty').waitFor();
  const files = [{ role: 'model', url: 'http://127.0.0.1:9/fox.gguf', filename: 'fox.gguf', approxBytes: 2_097_152 }];
  const cliDefaults = { cfgScale: 0, steps: 0, width: 0, height: 0 };
  const source = { engine: 'llama-cpp', files, cliDefaults };
  await fetch(`${api.url}/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}` },
    body: JSON.stringify({ id: 'fox', displayName: 'Fox', kind: 'llm', source }),
  });
  await page.getByText('Not downloaded').waitFor();
  await page.getByText('2.0 MiB').waitFor();
  await page.getByRole('button', { name: 'More for Fox' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove model' }).click();
  await page.getByText('The catalogue is empty').waitFor();
});

inChromium('what real jobs made is heard, seen and read in the window', async () => {
  await using open = await openWorker();
  const { page, scene, complaints } = open;
  const show = async (task: Parameters<typeof aTask>[0]): Promise<void> => {
    const { id } = await scene.studio.createJob(aTask(task));
    await scene.studio.jobIs(id, 'completed');
    await page.goto(`${open.api.url}/#jobs/${id}`);
    await page.getByText(id, { exact: true }).last().waitFor();
  };
  await show({ kind: 'audio_tts', text: 'hello' });
  await page.getByText('0:00 / 0:01').waitFor();
  await page.getByRole('button', { name: 'Play' }).click();
  await page.waitForFunction(() => document.querySelector('audio')?.ended === true);
  await show({ kind: 'image', prompt: 'a red fox', width: 64, height: 64, ext: 'webp', seed: 7 });
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>('.view img')?.naturalWidth === 64);
  await page.getByText('64 × 64', { exact: true }).waitFor();
  await show({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }] });
  await page.getByRole('region', { name: 'Result:' }).waitFor();
  expect(complaints).toEqual([]);
});
