import { expect, test } from 'bun:test';

const MODULE = new URL('../../../src/system/input.ts', import.meta.url).href;

/** A real process with this on its standard input. */
async function read(text: string, maxBytes: number): Promise<string> {
  const code = `
    const { readInput } = await import(${JSON.stringify(MODULE)});
    console.log(await readInput(${maxBytes}).catch((thrown) => thrown.code));
  `;
  const child = Bun.spawn([process.execPath, '-e', code], { stdin: new Blob([text]), stdout: 'pipe' });
  return (await new Response(child.stdout).text()).trimEnd();
}

test('standard input is read to its end, and the process ends by itself', async () => {
  expect(await read('5f0c\n', 1_024)).toBe('5f0c');
  expect(await read('', 1_024)).toBe('');
});

test('more on standard input than a token may be is refused', async () => {
  expect(await read('x'.repeat(5_000), 1_024)).toBe('file.unusable');
});
