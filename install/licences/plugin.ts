import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { WorkerError } from '../../src/base/errors.ts';
import type { Licences } from '../../src/licences/licences.ts';
import { collect } from './collect.ts';
import { noticeOf } from './notice.ts';

const EMBEDDED = 'src/licences/embedded.ts';

/**
 * The list of all that a bundle and these native packages bring.
 *
 * @throws WorkerError `internal` for a licence that may not be inside the executable
 */
export function licencesIn(modules: readonly string[], nativeFolders: readonly string[]): Licences {
  const collected = collect(modules, nativeFolders);
  return {
    components: collected.map(({ component }) => component),
    notice: noticeOf(collected, readFileSync('LICENSE', 'utf8')),
  };
}

/** Puts the list into the executable. */
export const licencesPlugin = (licences: Licences): Bun.BunPlugin => ({
  name: 'licences',
  setup: (build) =>
    void build.onLoad({ filter: new RegExp(`^${RegExp.escape(resolve(EMBEDDED))}$`) }, () => ({
      contents: `export const licences = ${JSON.stringify(licences)};`,
      loader: 'js',
    })),
});

/** The modules that a bundle is made of; those that nothing of is left in are no part of it. */
export function modulesIn({ metafile }: Bun.BuildOutput): readonly string[] {
  if (metafile === undefined) throw new WorkerError('internal', 'the bundler did not say what it put in');
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return [...new Set(inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])))];
}
