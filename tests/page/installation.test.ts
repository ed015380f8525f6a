import { afterAll, expect } from 'bun:test';
import { inChromium, openWindows } from './browser.ts';
import { FACTS, UNREGISTERED } from './fixtures.ts';
import { openWorkerApi, type WorkerFacts } from './worker-api.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

async function open(fragment: string, facts: WorkerFacts = FACTS) {
  const api = openWorkerApi(facts);
  const window = await windows.open({ url: `${api.url}/${fragment}`, reducedMotion: true });
  await window.page.getByText('workbench', { exact: true }).first().waitFor({ state: 'attached' });
  return {
    api,
    page: window.page,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

inChromium('the doctor runs in the window and shows the worst first', async () => {
  await using window = await open('#about');
  const { page, api } = window;
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('1 passed, 1 warning, 1 failed').waitFor();
  const rows = page.getByRole('region', { name: 'Doctor' }).getByRole('listitem');
  expect(await rows.allTextContents()).toEqual([
    'FailedThe clocks agreeThe clock is 4 m behindSet the clock.studio.clock',
    'WarningThe worker runs while nobody is logged inThe worker stops when you log outRun `loginctl enable-linger`.service.linger',
    'PassedThe config file can be read/home/op/config.tomlconfig.valid',
  ]);
  await page.getByRole('button', { name: 'Run again' }).waitFor();
  await page.getByRole('button', { name: 'Copy report' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('the clock is 4 m behind');
  expect(api.asked).toEqual(['POST /doctor']);
});

inChromium('a newer release is found without being installed, then installed', async () => {
  await using window = await open('#about');
  const { page, api } = window;
  await page.getByRole('button', { name: 'Check for updates' }).click();
  await page.getByRole('region', { name: 'Update' }).getByText('0.6.1 is newer, and can be installed.').waitFor();
  expect(api.asked).toEqual(['POST /update/check']);
  await page.getByRole('button', { name: 'Install now' }).click();
  await page.getByText('Moving to 0.6.1 between two jobs').waitFor();
  await page.getByRole('button', { name: 'Roll back' }).click();
  expect(api.asked).toEqual(['POST /update/check', 'POST /update', 'POST /update']);
});

inChromium('a list of releases that cannot be read says why', async () => {
  await using window = await open('#about');
  const { page, api } = window;
  api.refuse(502, 'update_feed_unreadable', 'the feed answered 503');
  await page.getByRole('button', { name: 'Check for updates' }).click();
  await page.getByText('Not checked: the feed answered 503').waitFor();
});

inChromium('a folder of the worker opens in its file manager', async () => {
  await using window = await open('#about');
  const { page, api } = window;
  await page.getByRole('button', { name: 'Open models folder' }).click();
  await page.getByText('/home/op/models is open in the file manager').waitFor();
  expect(api.asked).toEqual(['POST /places/open']);
});

inChromium('a worker is registered with a studio by a bootstrap token in the window', async () => {
  await using window = await open('#status', { ...FACTS, status: UNREGISTERED, jobs: [] });
  const { page, api } = window;
  await page.getByLabel('Studio address').fill('https://other.example/');
  await page.getByLabel('Bootstrap token').fill('inv-1');
  await page.keyboard.press('Enter');
  await page.getByText('The worker restarts and asks other.example').waitFor();
  expect(api.asked).toEqual(['PATCH /config', 'POST /daemon/restart']);
  expect(api.written).toEqual([{ api_base_url: 'https://other.example/', bootstrap_token: 'inv-1' }]);
});

inChromium('a studio address that is refused says so at its field', async () => {
  await using window = await open('#status', { ...FACTS, status: UNREGISTERED, jobs: [] });
  const { page, api } = window;
  const fields = { api_base_url: 'must begin with https' };
  api.refuse(400, 'invalid_config', 'api_base_url: must begin with https', { fields });
  await page.getByLabel('Studio address').fill('http://other.example/');
  await page.getByRole('button', { name: 'Ask for approval' }).click();
  await page.getByText('must begin with https', { exact: true }).waitFor();
  expect(await page.getByLabel('Studio address').getAttribute('aria-invalid')).toBe('true');
  expect(api.asked).toEqual(['PATCH /config']);
});

inChromium('all models on the disk are verified one after the other', async () => {
  await using window = await open('#models');
  const { page, api } = window;
  await page.getByRole('button', { name: 'Verify all' }).click();
  await page.getByText(/^0 models verified, \d damaged$/).waitFor();
  await page.getByRole('button', { name: 'Verify all' }).waitFor();
  expect(api.asked.length).toBeGreaterThan(1);
  expect(api.asked.every((what) => what.endsWith('/verify'))).toBe(true);
  expect(new Set(api.asked).size).toBe(api.asked.length);
});
