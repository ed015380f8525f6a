import { type Browser, chromium, type Page } from 'playwright-core';
import { type Condition, needs } from '../needs.ts';

/** As Debian, Google and Chromium's own builds call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** `CHROMIUM` names another one. */
const executablePath = (): string | undefined =>
  process.env['CHROMIUM'] ?? NAMES.map((name) => Bun.which(name)).find((path) => path !== null) ?? undefined;

const CHROMIUM: Condition = {
  kind: 'program',
  name: 'chromium',
  isMet: () => executablePath() !== undefined,
};

/** Declares a test that needs a browser. */
export const inChromium = needs(CHROMIUM);

export interface WindowOptions {
  readonly url: string;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly reducedMotion?: boolean;
}

/** Windows of one Chromium, which is started for the first of them. */
export interface Windows extends AsyncDisposable {
  open(options: WindowOptions): Promise<OpenWindow>;
}

export interface OpenWindow extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained of: errors of scripts, and of what they asked for. */
  readonly complaints: readonly string[];
}

/** To be disposed of after the last test of a file. */
export function openWindows(): Windows {
  let starting: Promise<Browser> | undefined;
  const start = (): Promise<Browser> =>
    chromium.launch({
      executablePath: executablePath()!,
      // The page draws 3D models; where there is no GPU, the browser's own renderer does it.
      args: ['--no-sandbox', '--enable-unsafe-swiftshader', '--use-angle=swiftshader', '--disable-dev-shm-usage'],
    });
  return {
    async open({ url, width = 1100, height = 800, scheme = 'light', reducedMotion = false }) {
      starting ??= start();
      const context = await (
        await starting
      ).newContext({
        viewport: { width, height },
        colorScheme: scheme,
        reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.setDefaultTimeout(15_000);
      await page.goto(url);
      return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
    },
    async [Symbol.asyncDispose]() {
      await (await starting)?.close();
    },
  };
}
