import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { studioUrl } from '../../src/contract/routes.ts';
import { pageShell } from '../../src/compose/page-shell.ts';
import { anLlmTask } from '../fakes/builders.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { type HookAnswer, hookReceiver } from '../fakes/studio/hook-receiver.ts';
import { seriousFaults } from './axe.ts';
import { inChromium, openWindows } from './browser.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** A studio without workers, and its dashboard with a section of the Projects page open. */
async function openSection(section: string) {
  const stack = new AsyncDisposableStack();
  const shell = pageShell('studio');
  const studio = stack.use(await fakeStudio({ shell: (request, url) => shell.answer(request, url) }));
  const url = `${studio.url}/#code=${studio.studio.createPageCode()}`;
  const { page, complaints } = stack.use(await windows.open({ url, reducedMotion: true }));
  await page.getByText('Running', { exact: true }).first().waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Projects' }).click();
  await page.getByRole('button', { name: section, exact: true }).click();
  await page.getByRole('heading', { level: 2, name: section, exact: true }).waitFor();
  const listed = async (path: string) =>
    (await (await studio.operator('GET', path)).json()) as Record<string, object[]>;
  return { studio, page, complaints, listed, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const dialog = (page: Page) => page.getByRole('dialog');
const press = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true }).click();

inChromium('a project is added, limited and removed with the keyboard', async () => {
  await using open = await openSection('Projects');
  const { page, listed, complaints } = open;
  await page.getByRole('button', { name: 'Add a project' }).press('Enter');
  await page.keyboard.type('Chapter Two');
  await page.keyboard.press('Control+s');
  await dialog(page)
    .getByText(/^A name of 1 to 64/)
    .waitFor();
  await dialog(page).getByLabel('Name').fill('chapter-two');
  await dialog(page).getByLabel('Queued at once').fill('many');
  await page.keyboard.press('Control+s');
  await dialog(page).getByText('A whole number from 0 is needed, or nothing').waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await dialog(page).getByLabel('Queued at once').fill('200');
  await dialog(page).getByLabel('Kept results').fill('1.5');
  await page.keyboard.press('Control+s');
  await page.getByText('Project chapter-two is added').waitFor();
  await page.getByText('0 of 200 queued, 0 running, 0 today, 0.0 of 1.5 GiB kept').waitFor();
  await page.getByRole('button', { name: 'More for chapter-two' }).press('Enter');
  await page.getByRole('button', { name: 'Edit limits' }).press('Enter');
  await dialog(page).getByLabel('Queued at once').fill('');
  await press(page, 'Save limits');
  await page.getByText('0 queued, 0 running, 0 today, 0.0 of 1.5 GiB kept').waitFor();
  await dialog(page).waitFor({ state: 'hidden' });
  expect((await listed('/projects'))['projects']).toMatchObject([
    { name: 'default' },
    { name: 'chapter-two', limits: { maxArtifactBytes: 1_610_612_736 } },
  ]);
  await page.getByRole('button', { name: 'Remove project' }).press('Enter');
  await press(page, 'Remove project');
  await page.getByText('Project chapter-two is removed').waitFor();
  expect((await listed('/projects'))['projects']).toHaveLength(1);
  expect(complaints).toEqual([]);
});

inChromium('a project with jobs is removed only with their cancellation', async () => {
  await using open = await openSection('Projects');
  const { page, studio } = open;
  await studio.operator('POST', '/projects', { name: 'team' });
  const job = await studio.createJob(anLlmTask(), { project: 'team' });
  await page.getByText('1 queued, 0 running, 1 today').waitFor();
  await page.getByRole('button', { name: 'More for team' }).click();
  await page.getByRole('button', { name: 'Remove project' }).click();
  await press(page, 'Remove project');
  await dialog(page)
    .getByText(/has jobs that have not ended/)
    .waitFor();
  await dialog(page).getByLabel('Cancel the jobs that have not ended').press('Space');
  await press(page, 'Remove project');
  await page.getByText('Project team is removed').waitFor();
  await studio.jobIs(job.id, 'cancelled');
});

inChromium('a form that was closed while it was sent leaves the next one open', async () => {
  await using open = await openSection('Projects');
  const { page, listed } = open;
  const begin = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Add a project' }).click();
    await dialog(page).getByLabel('Name').fill(name);
  };
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await page.route('**/admin/projects', async (route) => {
    if (route.request().method() === 'POST') {
      asked.resolve();
      await answered.promise;
    }
    await route.continue();
  });
  await begin('first');
  await press(page, 'Add project');
  await asked.promise;
  await page.keyboard.press('Escape');
  await begin('second');
  answered.resolve();
  await page.getByText('Project first is added').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'first' }).waitFor();
  await press(page, 'Add project');
  await page.getByText('Project second is added').waitFor();
  expect((await listed('/projects'))['projects']).toHaveLength(3);
});

inChromium('a token is shown once, opens its project, and nothing once revoked', async () => {
  await using open = await openSection('Tokens');
  const { page, studio } = open;
  await page.getByText('No tokens yet').waitFor();
  await page.getByRole('button', { name: 'Create a token' }).click();
  await dialog(page).getByLabel('Name').fill('build server');
  await dialog(page).getByLabel('Cancel, retry and reorder jobs').check();
  await dialog(page).getByLabel('Expires').selectOption('After 30 days');
  await press(page, 'Create token');
  await dialog(page)
    .getByText(/it is not shown again/)
    .waitFor();
  const token = (await dialog(page).getByRole('group', { name: 'Token' }).textContent()) ?? '';
  await press(page, 'Copy token');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  expect(await seriousFaults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Create a token' }).and(page.locator(':focus')).waitFor();
  await page.getByText('default · create, read, operate · expires in 29d 23h').waitFor();
  const kept = await page.evaluate(() =>
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), location.href]),
  );
  expect((await page.content()) + kept).not.toContain(token);
  const read = () =>
    fetch(studioUrl(studio.url, '/admin/jobs') ?? '', { headers: { authorization: `Bearer ${token}` } });
  expect((await read()).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke build server' }).click();
  await press(page, 'Revoke token');
  await page.getByText('build server is revoked').waitFor();
  expect((await read()).status).toBe(401);
});

inChromium('a webhook is added with its secret shown once, tested and removed', async () => {
  const broken: HookAnswer = () => new Response('no', { status: 500 });
  using receiver = hookReceiver([broken]);
  await using open = await openSection('Webhooks');
  const { page } = open;
  await page.getByRole('button', { name: 'Add a webhook' }).click();
  await dialog(page).getByLabel('URL').fill('hooks.example.com');
  await press(page, 'Add webhook');
  await dialog(page)
    .getByText(/^A URL that begins with/)
    .waitFor();
  await dialog(page).getByLabel('URL').fill(receiver.url);
  await dialog(page).getByLabel('Jobs that were cancelled').uncheck();
  await press(page, 'Add webhook');
  expect(await dialog(page).getByRole('group', { name: 'Secret' }).textContent()).toStartWith('whsec_');
  await page.keyboard.press('Escape');
  await page.getByText('Told of completed, failed', { exact: true }).waitFor();
  expect(await page.content()).not.toContain('whsec_');
  await page.getByRole('button', { name: /^More for / }).click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText(/^Not delivered after .*500/).waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText(/^Delivered with 204 in /).waitFor();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await press(page, 'Remove webhook');
  await page.getByText('No webhooks yet').waitFor();
});

inChromium('deliveries are listed, and the audit log says who did what', async () => {
  using receiver = hookReceiver();
  await using open = await openSection('Webhooks');
  const { page, studio } = open;
  await page.getByText('Nothing was sent yet.').waitFor();
  await studio.operator('POST', '/webhooks', { url: receiver.url });
  const job = await studio.createJob(anLlmTask());
  await studio.operator('POST', `/jobs/${job.id}/cancel`);
  await receiver.nth(1);
  await page.getByRole('button', { name: 'Audit log' }).click();
  await page
    .getByRole('listitem')
    .filter({ hasText: `Job cancelled ${job.id}` })
    .getByText(/^Operator token/)
    .waitFor();
  await page.getByRole('button', { name: 'Webhooks', exact: true }).click();
  await page
    .getByRole('listitem')
    .filter({ hasText: `${job.id} cancelled` })
    .getByText('Delivered')
    .waitFor();
  await page.getByRole('link', { name: `${job.id} cancelled` }).click();
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
});

inChromium('a webhook whose receiver was gone is enabled again', async () => {
  using receiver = hookReceiver([() => new Response('gone', { status: 410 })]);
  await using open = await openSection('Webhooks');
  const { page, studio, listed } = open;
  await studio.operator('POST', '/webhooks', { url: receiver.url });
  const job = await studio.createJob(anLlmTask());
  await studio.operator('POST', `/jobs/${job.id}/cancel`);
  await receiver.nth(1);
  await page.getByText('Disabled', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^More for / }).click();
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByText('The webhook is enabled').waitFor();
  await page.getByRole('button', { name: 'Enable' }).waitFor({ state: 'detached' });
  expect((await listed('/webhooks'))['webhooks']?.[0]).not.toHaveProperty('disabledAt');
});

inChromium('a section that cannot be read says why, and reads again on demand', async () => {
  await using open = await openSection('Projects');
  const { page } = open;
  await page.route('**/admin/tokens', (route) =>
    route.fulfill({ status: 503, json: { error: 'unavailable', message: 'the database is away' } }),
  );
  await page.getByRole('button', { name: 'Tokens', exact: true }).click();
  await page.getByText('This cannot be shown: the database is away').waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await page.unroute('**/admin/tokens');
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('No tokens yet').waitFor();
});
