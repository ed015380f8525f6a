import { expect, setDefaultTimeout } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatModel } from '../../../../src/demo/weights/chat.ts';
import { LINUX, needs } from '../../../needs.ts';

/** A process starts and loads a library, on a busy machine. */
setDefaultTimeout(30_000);

/** What a process of its own says that loaded a model with such a folder of binaries. */
async function loadedWith(fill: (folder: string) => void): Promise<Readonly<Record<string, string>>> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'studio-worker-binaries-')));
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  writeFileSync(join(folder, 'tiny.gguf'), chatModel());
  mkdirSync(join(folder, 'binaries'));
  fill(join(folder, 'binaries'));
  const script = join(import.meta.dir, '../../../fakes/engines/llama-binaries.ts');
  const child = Bun.spawn([process.execPath, script, join(folder, 'tiny.gguf'), join(folder, 'binaries')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(await new Response(child.stderr).text()).toBe(''); // llama.cpp itself says hundreds of lines
  const said: Record<string, string> = JSON.parse(await new Response(child.stdout).text());
  return { ...said, addon: said['addon']?.replace(folder, '') ?? '' };
}

const PACKAGE = `linux-${process.arch}`;
const OWN = `node_modules/@node-llama-cpp/${PACKAGE}/bins`;

needs(LINUX)('a binary of the given folder is loaded instead of the package’s own', async () => {
  const given = await loadedWith((folder) => cpSync(OWN, join(folder, PACKAGE, 'bins'), { recursive: true }));
  expect(given).toEqual({ ranOn: 'cpu', addon: `/binaries/${PACKAGE}/bins/${PACKAGE}/llama-addon.node` });
});

needs(LINUX)('without one for this machine’s devices a model runs on the processor', async () => {
  const given = await loadedWith((folder) => mkdirSync(join(folder, `${PACKAGE}-vulkan`, 'bins'), { recursive: true }));
  expect(given).toEqual({ ranOn: 'cpu', addon: expect.stringContaining(OWN) });
});
