import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What an executable carries in place of what the repository says. */
export interface Baked {
  readonly version?: string | undefined;
  /** Path of a file in place of `dist-manifest.json`. */
  readonly distManifest?: string | undefined;
}

/** Replaces `package.json` and `dist-manifest.json` of this repository, where the program imports them. */
export function bakedPlugin({ version, distManifest }: Baked): Bun.BunPlugin {
  return {
    name: 'baked',
    setup: (build) => {
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
