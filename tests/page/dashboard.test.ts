import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { pageShell } from '../../src/compose/page-shell.ts';
import { serveLocalApi } from '../fakes/serve-local-api.ts';
import { readPageCode } from '../../src/contract/page/access.ts';
import { anLlmTask } from '../fakes/builders.ts';
import { ScriptedEngine } from '../fakes/engines/scripted-engine.ts';
import { type SceneChoice, setup } from '../flow/harness.ts';
import { inChromium, openWindows } from './browser.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** A whole studio with a worker, and the window of the studio’s operator, which was opened with a code. */
async function openDashboard(choice: SceneChoice = {}) {
  const shell = pageShell('studio');
  const scene = await setup({
    ...choice,
    studio: { ...choice.studio, shell: (request, url) => shell.answer(request, url) },
    config: { local_api_port: 0, ...choice.config },
  });
  const url = `${scene.studio.url}/#code=${scene.studio.studio.createPageCode()}`;
  const { page, complaints, ...window } = await windows.open({ url, reducedMotion: true });
  await page.getByText('Running', { exact: true }).first().waitFor();
  return {
    scene,
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

type Dashboard = Awaited<ReturnType<typeof openDashboard>>;

/** The window of the worker’s own operator beside it. */
async function openWorkerWindow({ scene }: Dashboard) {
  const { composed, effects, config, log, engines } = scene.worker;
  const api = (await serveLocalApi(composed, { effects, config, log, engines, shell: pageShell('worker') }))!;
  const headers = { authorization: `Bearer ${api.token}` };
  const code = readPageCode(await (await fetch(`${api.url}/page/codes`, { method: 'POST', headers })).text())!;
  const { page, ...window } = await windows.open({ url: code.url });
  return {
    page,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

const go = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name }).click();

inChromium('a worker approved here serves a job created here, and both windows show it', async () => {
  await using open = await openDashboard({ credentials: undefined });
  await using worker = await openWorkerWindow(open);
  const { page, complaints } = open;
  await worker.page.getByRole('heading', { name: 'Waiting for approval' }).waitFor();
  await page.getByRole('heading', { name: '1 worker waits for approval' }).waitFor();
  expect(page.url()).toEndWith('#overview');
  await page.getByRole('button', { name: /^Approve / }).click();
  await open.scene.worker.live();
  await worker.page.getByRole('heading', { name: 'Idle' }).waitFor();
  await page.locator('.row.worker').getByText('Idle').waitFor();
  await go(page, 'Jobs');
  await page.getByText('1 worker can take it').waitFor();
  await page.getByLabel('Prompt', { exact: true }).fill('a lighthouse on a basalt cliff at dusk');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('region', { name: 'a lighthouse on a basalt cliff at dusk' }).getByRole('img').first().waitFor();
  await page.getByText('1 of 3').waitFor();
  await go(worker.page, 'Jobs');
  await worker.page.getByText('a lighthouse on a basalt cliff at dusk').first().waitFor();
  expect(complaints).toEqual([]);
});

inChromium('a running job is cancelled here, and retried', async () => {
  const engine = new ScriptedEngine();
  await using open = await openDashboard({ engines: [engine] });
  const { page, scene } = open;
  const { id } = await scene.studio.createJob(anLlmTask());
  await engine.started();
  await go(page, 'Jobs');
  await page.locator('.row--q').click();
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await page.getByText('Job cancelled').waitFor();
  await scene.studio.jobIs(id, 'cancelled');
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('Job retried').waitFor();
  (await engine.started()).finish();
  await scene.studio.jobIs(id, 'completed');
  await page.getByRole('region', { name: 'Result' }).waitFor();
});

inChromium('a job that nobody can take says why, worker by worker', async () => {
  await using open = await openDashboard();
  const { page, scene } = open;
  const { id } = await scene.studio.createJob(anLlmTask(), { vramGbEstimate: 900 });
  await go(page, 'Jobs');
  await page.locator('.row--q').click();
  await page
    .getByRole('region', { name: 'Why it waits' })
    .getByText(/900 GiB/)
    .waitFor();
  expect(page.url()).toEndWith(`#jobs/${id}`);
});

inChromium('a form that is not filled in says what is missing, and queues nothing', async () => {
  await using open = await openDashboard();
  const { page, scene } = open;
  await go(page, 'Jobs');
  await page.getByLabel('Width').fill('wide');
  await page.getByRole('button', { name: 'Queue job' }).click();
  await page.getByText('A whole number is needed').waitFor();
  await page.getByText('Needed', { exact: true }).waitFor();
  await page.getByLabel('Prompt', { exact: true }).fill('a fox');
  await page.getByLabel('Width').fill('99999');
  await page.getByRole('button', { name: 'Queue job' }).click();
  await page.getByText(/task.width is 99999; allowed: at most 16384/).waitFor();
  expect((await (await scene.studio.operator('GET', '/jobs')).json()) as unknown).toMatchObject({ jobs: [] });
});

inChromium('a chat is answered in text, which can be copied', async () => {
  await using open = await openDashboard();
  const { page } = open;
  await go(page, 'Jobs');
  await page.getByRole('button', { name: 'Chat' }).click();
  await page.getByLabel('Message').fill('Name three things a fox does at dusk.');
  await page.getByRole('button', { name: 'Queue job' }).click();
  await page.getByRole('button', { name: 'Copy', exact: true }).waitFor();
});

inChromium('a worker is rejected with a reason that it is told', async () => {
  await using open = await openDashboard({ credentials: undefined });
  await using worker = await openWorkerWindow(open);
  const { page } = open;
  await go(page, 'Workers');
  await page.getByRole('button', { name: /^Reject / }).click();
  await page.getByLabel('Reason').fill('Not one of our machines');
  await page.getByRole('button', { name: 'Reject worker' }).click();
  await page.getByRole('heading', { name: 'No worker yet' }).waitFor();
  await worker.page.getByText('Not one of our machines').first().waitFor();
});

inChromium('a worker is removed, and the bootstrap token of another is shown once', async () => {
  await using open = await openDashboard();
  const { page } = open;
  await go(page, 'Workers');
  await page.getByRole('button', { name: /^More for / }).click();
  await page.getByRole('button', { name: 'Remove worker' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove worker' }).click();
  await page.getByRole('heading', { name: 'No worker yet' }).waitFor();
  await page.getByRole('button', { name: 'Invite a worker' }).click();
  await page.getByText(/--bootstrap-token [\da-f]{64}/).waitFor();
});

inChromium('a model is added by form, changed as JSON, and removed', async () => {
  await using open = await openDashboard();
  const { page, scene } = open;
  await go(page, 'Models');
  await page.getByText('The registry is empty').waitFor();
  await page.getByRole('button', { name: 'Add a model' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('An ID is needed').waitFor();
  await page.getByLabel('ID', { exact: true }).fill('fox');
  await page.getByLabel('Engine').selectOption('synthetic');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('fox is saved').waitFor();
  await page.getByRole('button', { name: 'JSON' }).click();
  const text = page.getByLabel('Model as JSON');
  await text.fill((await text.inputValue()).replace('"vramGbEstimate": 0', '"vramGbEstimate": 2.5, "colour": "red"'));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Not saved: colour: is unknown').waitFor();
  await text.fill((await text.inputValue()).replace(', "colour": "red"', ''));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: '2.5 GiB' }).waitFor();
  for (const toast of await page.getByRole('button', { name: 'Dismiss' }).all()) await toast.click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove model' }).click();
  await page.getByText('The registry is empty').waitFor();
  expect((await (await scene.studio.operator('GET', '/models')).json()) as unknown).toEqual({ models: [] });
});

inChromium('lines of a worker’s log arrive by themselves, and can be searched', async () => {
  await using open = await openDashboard();
  const { page, scene } = open;
  await scene.studio.createJob(anLlmTask());
  await go(page, 'Logs');
  await page.locator('.log__row').first().waitFor();
  await page.getByLabel('Search the log').fill('nothing that was ever logged');
  await page.getByText('No line matches').waitFor();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await page.locator('.log__row').first().waitFor();
});

inChromium('a studio that goes away is said to, and found when it is back', async () => {
  await using open = await openDashboard();
  const { page, scene } = open;
  await go(page, 'Workers');
  await scene.studio.studio.stop();
  await page.getByText('The studio is not reachable').waitFor();
  await scene.studio.restart();
  await page.getByText('The studio is not reachable').waitFor({ state: 'detached' });
});

inChromium('the keyboard alone opens and closes a job, and approves a worker', async () => {
  await using open = await openDashboard({ credentials: undefined });
  const { page, scene } = open;
  await page.getByRole('heading', { name: '1 worker waits for approval' }).waitFor();
  await scene.studio.createJob(anLlmTask());
  const { id } = await scene.studio.createJob(anLlmTask());
  await page.keyboard.press('Control+3');
  await page.getByText('hi').nth(1).waitFor();
  await page.locator('[data-row][tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Why it waits' }).waitFor();
  expect(page.url()).toEndWith(`#jobs/${id}`);
  await page.keyboard.press('Escape');
  await page.getByText('No job is open').waitFor();
  await page.keyboard.press('Control+2');
  await page.getByRole('button', { name: /^Reject / }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Reject');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await scene.worker.live();
});

inChromium('a page that nobody gave a code sees nothing of the studio', async () => {
  await using open = await openDashboard();
  const stranger = await windows.open({ url: open.scene.studio.url });
  await stranger.page.getByText('This dashboard is signed out').first().waitFor();
  await stranger[Symbol.asyncDispose]();
});
