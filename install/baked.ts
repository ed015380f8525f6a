import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BuildOrigin } from '../src/base/build/origin.ts';

/** What an executable carries in place of what the repository says. */
export interface Baked {
  readonly version?: string | undefined;
  /** Path of a file in place of `dist-manifest.json`. */
  readonly distManifest?: string | undefined;
  readonly origin: BuildOrigin;
}

/** Puts this in place of `package.json`, `dist-manifest.json` and the origin of a checkout, where the program imports them. */
export function bakedPlugin({ version, distManifest, origin }: Baked): Bun.BunPlugin {
  return {
    name: 'baked',
    setup: (build) => {
      build.onLoad({ filter: only('src/base/build/origin.ts') }, () => ({
        contents: `export const origin = ${JSON.stringify(origin)};`,
        loader: 'js',
      }));
      if (version !== undefined) {
        const contents = JSON.stringify({ version });
        build.onLoad({ filter: only('package.json') }, () => ({ contents, loader: 'json' }));
      }
      if (distManifest !== undefined) {
        const contents = readFileSync(distManifest, 'utf8');
        build.onLoad({ filter: only('dist-manifest.json') }, () => ({ contents, loader: 'json' }));
      }
    },
  };
}

/** That file of this checkout, and none of the same name elsewhere. */
const only = (file: string): RegExp => new RegExp(`^${RegExp.escape(resolve(file))}$`);
