import { expect, test } from 'bun:test';
import { openPage } from '../../src/page/live/page.ts';
import { settle } from '../fakes/system/fake-clock.ts';
import { waitFor } from '../flow/wait-for.ts';
import { FACTS } from './fixtures.ts';
import { openPlainBrowser } from './program.ts';
import { openWorkerApi } from './worker-api.ts';

/** A worker, and pages that are opened on it in one browser or another. */
function openScene() {
  const stack = new AsyncDisposableStack();
  const api = stack.use(openWorkerApi(FACTS));
  const listeners = new Set<(message: unknown) => void>();
  const open = async (about: { readonly query?: string; readonly elsewhere?: boolean; readonly at?: string } = {}) => {
    const { query = '?window', elsewhere = false, at = '' } = about;
    const browser = openPlainBrowser(api.url, at, { query, ...(elsewhere ? {} : { listeners }) });
    const page = openPage(browser);
    stack.defer(() => page.close());
    const { model, actions } = page;
    await waitFor(
      'a page that follows',
      () => model.link.value.is === 'live' && model.status.value !== undefined,
      () => model.link.value.is,
    );
    return { browser, model, actions };
  };
  return { api, open, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
type Page = Awaited<ReturnType<ReturnType<typeof openScene>['open']>>;

const isSuperseded = (page: Page): Promise<void> =>
  waitFor(
    'a page that is superseded',
    () => page.model.isSuperseded.value,
    () => '',
  );

test('the window that is opened last takes over where the reader was', async () => {
  await using scene = openScene();
  const first = await scene.open({ at: '#logs' });
  first.actions.editConfig('models_max_gb', '100');
  const second = await scene.open();
  await isSuperseded(first);
  await waitFor(
    'the end of the first',
    () => first.browser.isClosed,
    () => '',
  );
  expect(second.model.route.value).toEqual({ tab: 'logs' });
  expect(second.browser.fragment()).toBe('#logs');
  expect(second.model.edits.value).toEqual({ models_max_gb: '100' });
  expect([second.model.isSuperseded.value, second.browser.isClosed]).toEqual([false, false]);
});

test('unsaved settings keep a page open that another browser supersedes', async () => {
  await using scene = openScene();
  const [plain, edited] = [await scene.open({ elsewhere: true }), await scene.open({ elsewhere: true })];
  edited.actions.editConfig('models_max_gb', '100');
  await isSuperseded(plain);
  await scene.open({ elsewhere: true });
  await isSuperseded(edited);
  for (const { browser } of [plain, edited]) browser.advance(60_000);
  expect([plain.browser.isClosed, edited.browser.isClosed]).toEqual([true, false]);
  expect(edited.model.edits.value).toEqual({ models_max_gb: '100' });
});

test('a superseded page that its browser keeps may be the window again', async () => {
  await using scene = openScene();
  const first = await scene.open({ elsewhere: true });
  const second = await scene.open({ elsewhere: true });
  await isSuperseded(first);
  await first.actions.claimWindow();
  await isSuperseded(second);
  await waitFor(
    'the first as the window',
    () => !first.model.isSuperseded.value,
    () => '',
  );
  first.browser.advance(60_000);
  expect(first.browser.isClosed).toBe(false);
});

test('a page whose address was printed is no window and supersedes none', async () => {
  await using scene = openScene();
  const window = await scene.open();
  const printed = await scene.open({ query: '' });
  await scene.open();
  await isSuperseded(window);
  await settle();
  expect(printed.model.isSuperseded.value).toBe(false);
  expect(scene.api.asked).toEqual(['POST /page/window', 'POST /page/window']);
});
