import { fileURLToPath } from 'node:url';
import { WorkerError } from '../base/errors.ts';

/** The pages of ours, by the folders of their sources. */
export const PAGES = ['worker', 'studio'] as const;
export type PageName = (typeof PAGES)[number];

/** Gives the script of a page. */
export type PageScript = (page: PageName) => Promise<string>;

/**
 * The script of a page, as a browser takes it: bundled from its source here. The build puts the finished scripts in this
 * file's place.
 *
 * @throws WorkerError `internal` with what the bundler said
 */
export async function pageScript(page: PageName): Promise<string> {
  const built = await Bun.build(bundleOf(page));
  const [script] = built.outputs;
  if (built.success && script !== undefined) return await script.text();
  throw new WorkerError('internal', built.logs.map(String).join('\n'));
}

/** How a page's script is bundled, here and for the executable. */
export const bundleOf = (page: PageName) =>
  ({
    entrypoints: [fileURLToPath(new URL(`../page/${page}/main.tsx`, import.meta.url))],
    target: 'browser',
    minify: true,
    throw: false,
    define: { 'process.env.NODE_ENV': '"production"' },
  }) as const satisfies Bun.BuildConfig;
