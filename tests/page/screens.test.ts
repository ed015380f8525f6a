import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { seriousFaults } from './axe.ts';
import { inChromium, openWindows } from './browser.ts';
import { type Scene, SCENES } from './scenes.ts';
import { openWorkerApi } from './worker-api.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** Opens a scene and waits until it is drawn. */
async function openScene({ facts, fragment, isOffline = false }: Scene) {
  const api = openWorkerApi(facts);
  const { page, complaints, ...window } = await windows.open({ url: `${api.url}/${fragment}`, reducedMotion: true });
  await page.getByText(facts.status.machineName, { exact: true }).first().waitFor({ state: 'attached' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (isOffline) {
    await api.stop();
    await page.getByText('The worker is not reachable').first().waitFor();
  }
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** What is wider than the window, by its class: nothing may be scrolled sideways but what scrolls by itself. */
const overflowing = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const main = document.querySelector('#main')!;
    const isWide = document.documentElement.scrollWidth > innerWidth || main.scrollWidth > main.clientWidth;
    if (!isWide) return [];
    return [...main.querySelectorAll('*')]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => `${one.tagName.toLowerCase()}.${one.getAttribute('class') ?? ''}`);
  });

const WIDTHS = [1100, 820, 600, 360, 320];
/** A folder that pictures of all scenes are put into, to lay beside their drawings. */
const FOLDER = process.env['STUDIO_WORKER_SCREENS'];

for (const scene of SCENES) {
  inChromium(`the scene ${scene.name} is accessible in both themes at every width and text size`, async () => {
    await using open = await openScene(scene);
    const { page, complaints } = open;
    if (!scene.isOffline) expect(complaints).toEqual([]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await seriousFaults(page)).toEqual([]);
      if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/${scene.name}-${colorScheme}.png` });
    }
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 720 });
      expect({ width, cutOff: await overflowing(page) }).toEqual({ width, cutOff: [] });
      if (FOLDER !== undefined) await page.screenshot({ path: `${FOLDER}/${scene.name}-${width}.png` });
    }
    expect(await seriousFaults(page)).toEqual([]);
    await page.setViewportSize({ width: 1100, height: 720 });
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    expect(await overflowing(page)).toEqual([]);
  });
}
