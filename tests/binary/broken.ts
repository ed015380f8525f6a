import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NEW } from './update-scene.ts';

/** How a version is broken: its code cannot be loaded; or only that of `run`; or it hangs once it has the machine. */
export type Broken = 'at import' | 'at run' | 'hangs';

const built = new Map<Broken, Promise<string>>();

/** Path of an executable that is broken so. It has no native files, and takes a second to compile. */
export function builtBroken(how: Broken): Promise<string> {
  const known = built.get(how);
  if (known !== undefined) return known;
  const made = compile(how, join('dist', 'tests', 'broken', how.replace(' ', '-')));
  built.set(how, made);
  return made;
}

async function compile(how: Broken, outfile: string): Promise<string> {
  mkdirSync(dirname(outfile), { recursive: true });
  await Bun.build({
    entrypoints: ['tests/binary/broken-program.ts'],
    target: 'bun',
    format: 'esm',
    splitting: true,
    define: {
      BROKEN: JSON.stringify(how),
      BROKEN_VERSION: JSON.stringify(NEW),
    },
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
  return outfile;
}
