import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { seriousFaults } from './axe.ts';
import { inChromium, openWindows } from './browser.ts';
import { dashboardScene } from './dashboard-scene.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

const WIDTHS = [1100, 820, 600, 360, 320];
/** A folder that pictures of all tabs are put into, to lay beside their drawings. */
const FOLDER = process.env['STUDIO_WORKER_SCREENS'];

/** What is wider than the window, by its class. */
const overflowing = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const main = document.querySelector('#main')!;
    const isWide = document.documentElement.scrollWidth > innerWidth || main.scrollWidth > main.clientWidth;
    if (!isWide) return [];
    return [...main.querySelectorAll('*')]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => `${one.tagName.toLowerCase()}.${one.getAttribute('class') ?? ''}`);
  });

const TABS = ['overview', 'workers', 'jobs', 'models', 'logs', 'projects', 'tokens', 'webhooks', 'audit'] as const;
/** What each tab, or section of the last one, has to show before it is looked at. */
const SHOWN = {
  overview: 'Last 24 hours',
  workers: 'lab-a4000',
  jobs: 'SHA-256',
  models: 'z-image-turbo-q4_k.gguf',
  logs: 'binary upload ok',
  projects: 'chapter-two',
  tokens: 'asset pipeline',
  webhooks: 'Told of completed, failed',
  audit: 'Webhook added',
} as const;

for (const tab of TABS) {
  inChromium(`anybody can use the studio’s ${tab}, in both themes and at any width`, async () => {
    await using scene = await dashboardScene();
    const places: Partial<Record<typeof tab, string>> = {
      jobs: `jobs/${scene.shownJob}`,
      models: 'models/z-image-turbo',
      tokens: 'projects/tokens',
      webhooks: 'projects/webhooks',
      audit: 'projects/audit',
    };
    const code = scene.studio.studio.createPageCode();
    await using open = await windows.open({
      url: `${scene.studio.url}/#code=${code}`,
      reducedMotion: true,
      height: 720,
    });
    const { page, complaints } = open;
    await page.getByText('Running', { exact: true }).first().waitFor();
    await page.goto(`${scene.studio.url}/#${places[tab] ?? tab}`);
    await page.getByText(SHOWN[tab]).first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await scene.beat();
      expect(await seriousFaults(page)).toEqual([]);
      if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/studio-${tab}-${colorScheme}.png` });
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 720 });
      expect({ width, cutOff: await overflowing(page) }).toEqual({ width, cutOff: [] });
      if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/studio-${tab}-${width}.png` });
    }
    await scene.beat();
    expect(await seriousFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 1100, height: 720 });
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    expect(await overflowing(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
}
