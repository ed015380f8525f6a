import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { build } from '../../../../install/build.ts';
import { licencesIn } from '../../../../install/licences/plugin.ts';
import { targetOf } from '../../../../install/targets.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

const NAME = 'pronouncer';

/** A package in a `node_modules` of its own, and a module of it. */
async function setup(facts: object, files: Readonly<Record<string, string>> = {}) {
  const folder = await tempFolder();
  const root = folder.at(`node_modules/${NAME}`);
  const own = { name: NAME, version: '1.2.3', main: 'index.js', ...facts };
  for (const [name, text] of Object.entries({
    'package.json': JSON.stringify(own),
    'index.js': 'export const a = 1;',
    ...files,
  })) {
    await Bun.write(`${root}/${name}`, text);
  }
  return { ...folder, root, modules: [`${root}/index.js`], [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a build that would embed a GPL package fails and writes nothing', async () => {
  await using made = await setup({ license: 'GPL-3.0-only' });
  const entry = made.at('entry.ts');
  await Bun.write(
    entry,
    `import { payloads } from ${JSON.stringify(`${process.cwd()}/src/system/native/payloads.ts`)};
    import { a } from '${NAME}';
    console.log(a, payloads);`,
  );
  const outfile = made.at('out/program');
  expect(await failureOf(build({ target: targetOf(undefined), entry, outfile, natives: [] }))).toMatchObject({
    message: `${NAME} is under GPL-3.0-only, which may not be inside the executable`,
    hint: expect.stringContaining('install/licences/policy.ts'),
  });
  expect(existsSync(outfile)).toBe(false);
});

test.each([
  ['AGPL-3.0-or-later', 'which may not be inside'],
  ['LGPL-3.0-or-later', 'which may not be inside'], // it is no shared library that a user can replace
  ['MIT AND GPL-2.0-only', 'which may not be inside'],
  ['CC-BY-NC-4.0', 'which may not be inside'],
  ['UNLICENSED', 'which may not be inside'],
  ['SEE LICENSE IN LICENSE.txt', 'is no SPDX licence expression'],
  [undefined, 'does not name its licence'],
])('a package under %p is refused', async (license, because) => {
  await using made = await setup({ license });
  expect(() => licencesIn(made.modules, [])).toThrow(because);
});

test('a package is listed once with its version, its licence and its own text', async () => {
  await using made = await setup(
    { license: '(GPL-2.0-only OR MIT)', repository: { url: 'git+https://github.com/them/it.git' } },
    { 'LICENCE.md': 'Copyright (c) 2020 Them\n\nDo as you like.' },
  );
  const { components, notice } = licencesIn([...made.modules, `${made.root}/other.js`], []);
  expect(components.filter(({ kind }) => kind === 'module')).toEqual([
    {
      name: NAME,
      version: '1.2.3',
      licence: '(GPL-2.0-only OR MIT)',
      kind: 'module',
      source: 'https://github.com/them/it',
      inside: [],
    },
  ]);
  expect(notice).toContain(`${NAME} 1.2.3\n`);
  expect(notice).toContain('Copyright (c) 2020 Them\n\nDo as you like.');
});

test('a package without a licence file gets the SPDX text and its author', async () => {
  await using made = await setup({ license: '0BSD', author: { name: 'Them', url: 'https://them.example' } });
  const { notice } = licencesIn(made.modules, []);
  expect(notice).toContain('Copyright (c) Them. The text of the licence is below.');
  expect(notice).toContain('Permission to use, copy, modify, and/or distribute this software for any purpose');
});

test('the runtime and its linked libraries are always listed with LGPL texts', async () => {
  const { components, notice } = licencesIn([], []);
  expect(components).toMatchObject([
    { name: 'Bun', version: Bun.version, kind: 'runtime', replacing: expect.any(String) },
  ]);
  expect(components[0]?.inside).toContainEqual({ name: 'JavaScriptCore and WebKit', licence: 'LGPL-2.0-or-later' });
  expect(notice).toContain('GNU LIBRARY GENERAL PUBLIC LICENSE');
});

test('native files that nobody said what is in stop the build', async () => {
  await using made = await setup({ license: 'MIT' });
  expect(() => licencesIn([], [made.root])).toThrow(`nobody said what is inside the binaries of ${NAME}`);
});

test('a library new in libvips stops the build until its licence is known', async () => {
  const facts = { name: '@img/sharp-libvips-linux-x64', license: 'LGPL-3.0-or-later' };
  await using made = await setup(facts, { 'versions.json': JSON.stringify({ vips: '8.18.7', gsl: '2.8' }) });
  expect(() => licencesIn([], [made.root])).toThrow('nobody said under which licence gsl is');
});

test('libvips is listed with its LGPL, its libraries and how to replace it', async () => {
  const facts = { name: '@img/sharp-libvips-linux-x64', license: 'LGPL-3.0-or-later' };
  await using made = await setup(facts, { 'versions.json': JSON.stringify({ vips: '8.18.7', glib: '2.90.0' }) });
  const { components, notice } = licencesIn([], [made.root]);
  expect(components).toContainEqual(
    expect.objectContaining({
      kind: 'native',
      source: 'https://github.com/lovell/sharp-libvips',
      replacing: expect.stringContaining('.complete'),
      inside: expect.arrayContaining([{ name: 'glib', version: '2.90.0', licence: 'LGPL-3.0-or-later' }]),
    }),
  );
  expect(notice).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
  expect(notice).toContain('GNU GENERAL PUBLIC LICENSE'); // which version 3 of the LGPL consists of
});
