import { resolve } from 'node:path';
import { WorkerError } from '../src/base/errors.ts';
import { bundleOf, PAGES } from '../src/system/page-script.ts';
import { modulesIn } from './licences/plugin.ts';

const SOURCE = 'src/system/page-script.ts';

/** Puts the bundled scripts of the pages into the executable, in place of what bundles them in a checkout. */
export interface PagesPlugin extends Bun.BunPlugin {
  /** What the scripts are made of; nothing where the program serves no page. */
  modules(): readonly string[];
}

/** @throws WorkerError `internal` with what the bundler said */
export async function pagesPlugin(): Promise<PagesPlugin> {
  const scripts: Record<string, string> = {};
  const modules: string[] = [];
  let isUsed = false;
  for (const page of PAGES) {
    const built = await Bun.build({ ...bundleOf(page), metafile: true });
    const [script] = built.outputs;
    if (!built.success || script === undefined) throw new WorkerError('internal', built.logs.map(String).join('\n'));
    scripts[page] = await script.text();
    modules.push(...modulesIn(built));
  }
  const contents = `const SCRIPTS = ${JSON.stringify(scripts)};
    export const PAGES = Object.keys(SCRIPTS);
    export const pageScript = async (page) => SCRIPTS[page];`;
  return {
    name: 'pages',
    modules: () => (isUsed ? modules : []),
    setup: (build) =>
      void build.onLoad({ filter: new RegExp(`^${RegExp.escape(resolve(SOURCE))}$`) }, () => {
        isUsed = true;
        return { contents, loader: 'js' };
      }),
  };
}
