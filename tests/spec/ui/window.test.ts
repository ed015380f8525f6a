import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../src/base/errors.ts';
import { type OpenedWindow, openWindow, type WindowDeps } from '../../../src/ui/window.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';

const URL = 'http://127.0.0.1:4787/#code=a';
const DESKTOP = {
  platform: 'linux',
  homeDir: '/home/ada',
  get: (name: string) => (name === 'DISPLAY' ? ':0' : undefined),
} as const;

/** A desktop without a worker, unless the test has one. */
function setup(about: Partial<WindowDeps> = {}) {
  const clock = new FakeClock();
  const did: string[] = [];
  const deps: WindowDeps = {
    pageUrl: async () => undefined,
    serviceManager: async () => undefined,
    async startWorker() {
      did.push('start a worker');
      return 'started';
    },
    async show({ program }) {
      did.push(program);
      return 'started';
    },
    desktop: DESKTOP,
    clock,
    ...about,
  };
  /** Opens it, while time passes. */
  const open = async (printOnly = false): Promise<OpenedWindow> => {
    const opening = openWindow(printOnly, deps);
    const done = { is: false };
    opening.finally(() => (done.is = true)).catch(() => {});
    for (await settle(); !done.is; await settle()) clock.advance(250);
    return await opening;
  };
  return { open, did, clock };
}

test('the window of a running worker is shown as an app', async () => {
  const { open, did } = setup({ pageUrl: async () => URL });
  expect(await open()).toEqual({ shown: 'app', url: URL, startedWorker: false });
  expect(did).toEqual(['google-chrome']);
});

test('the page that is shown is the window, and a printed one is not', async () => {
  const addresses: string[] = [];
  const { open } = setup({
    pageUrl: async () => URL,
    async show({ args }) {
      addresses.push(...args);
      return 'started';
    },
  });
  await open();
  expect(addresses).toEqual(['--app=http://127.0.0.1:4787/?window#code=a']);
  expect(await open(true)).toMatchObject({ url: URL });
});

test('a window that is only asked for is not shown', async () => {
  const { open, did } = setup({ pageUrl: async () => URL });
  expect(await open(true)).toEqual({ shown: 'none', url: URL, startedWorker: false });
  expect(did).toEqual([]);
});

test('the next program is tried where one cannot show the page', async () => {
  const tried: string[] = [];
  const { open } = setup({
    pageUrl: async () => URL,
    async show({ program }) {
      tried.push(program);
      return program === 'xdg-open' ? 'started' : tried.length === 1 ? 'failed' : 'missing';
    },
  });
  expect(await open()).toMatchObject({ shown: 'browser' });
  expect(tried.length).toBeGreaterThan(3);
});

test('a machine whose programs all fail is left with the address', async () => {
  const { open } = setup({ pageUrl: async () => URL, show: async () => 'failed' });
  expect(await open()).toEqual({ shown: 'none', url: URL, startedWorker: false });
});

test('a worker is started where none runs, and waited for', async () => {
  let asked = 0;
  const { open, did } = setup({ pageUrl: async () => (++asked > 4 ? URL : undefined) });
  expect(await open()).toEqual({ shown: 'app', url: URL, startedWorker: true });
  expect(did).toEqual(['start a worker', 'google-chrome']);
});

test('a worker that serves no page is given twenty seconds', async () => {
  const { open, clock, did } = setup();
  const error = toWorkerError(await failureOf(open()));
  expect(error).toMatchObject({ code: 'worker.not-running', hint: expect.stringContaining('studio-worker run') });
  expect(clock.elapsed()).toBe(20_000);
  expect(did).toEqual(['start a worker']);
});

test('a worker that fails at its start is not waited for', async () => {
  const { open, clock } = setup({ startWorker: async () => 'failed' });
  await failureOf(open());
  expect(clock.elapsed()).toBe(0);
});

test('a worker that a service starts is left to the service', async () => {
  const { open, did } = setup({ serviceManager: async () => 'systemd' });
  expect(toWorkerError(await failureOf(open())).message).toContain('a service of systemd');
  expect(did).toEqual([]);
});
