import { expect, setDefaultTimeout } from 'bun:test';
import { cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeingModel, visionProjector } from '../../../../fakes/engines/vision-weights.ts';
import { tempFolder } from '../../../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../../../needs.ts';

/** A process starts and loads a library, on a busy machine. */
setDefaultTimeout(30_000);

const PACKAGE = `node-llama-linux-${process.arch}`;
const OWN = `node_modules/@fugood/${PACKAGE}`;

needs(LINUX)('the library of a pack is loaded instead of the package’s own', async () => {
  await using folder = await tempFolder();
  const root = realpathSync(folder.path);
  const [model, projector, binaries] = ['m.gguf', 'p.gguf', 'binaries'].map((name) => join(root, name));
  writeFileSync(model ?? '', seeingModel());
  writeFileSync(projector ?? '', visionProjector());
  mkdirSync(join(root, 'binaries'));
  cpSync(OWN, join(root, 'binaries', PACKAGE), { recursive: true });
  const script = join(import.meta.dir, '../../../../fakes/engines/vision-binaries.ts');
  const command = [process.execPath, script, model ?? '', projector ?? '', binaries ?? ''];
  const child = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'ignore'] });
  const said: unknown = JSON.parse((await new Response(child.stdout).text()).trim().split('\n').at(-1) ?? '');
  expect(said).toEqual({ ranOn: 'cpu', library: join(root, 'binaries', PACKAGE, 'index.node') });
});
