import { expect, test } from 'bun:test';
import { pagesPlugin } from '../../../install/pages.ts';

const bundleOf = async (entry: string) => {
  const plugin = await pagesPlugin();
  const built = await Bun.build({ entrypoints: [entry], target: 'bun', plugins: [plugin] });
  return { plugin, text: await built.outputs[0]!.text() };
};

test('an executable carries the scripts of its pages and lists their packages', async () => {
  const { plugin, text } = await bundleOf('src/compose/page-shell.ts');
  expect(text).not.toContain('Bun.build');
  expect(text).toContain('Skip to content');
  const packages = ['preact/dist', '@preact/signals/dist', 'valibot/dist'];
  for (const name of packages) expect(plugin.modules().some((path) => path.includes(name))).toBe(true);
});

test('an executable without pages brings nothing of them', async () => {
  const { plugin } = await bundleOf('src/page/format.ts');
  expect(plugin.modules()).toEqual([]);
});
